import { Tag } from '../../tiff/directory.ts'
import { tiffHead } from '../../tiff/encode.ts'

/** Numbers of four bytes, big-endian. */
export const long = (...values: number[]): Buffer => {
  const out = Buffer.alloc(values.length * 4)
  values.forEach((value, n) => out.writeUInt32BE(value, n * 4))
  return out
}
/** The same, little-endian. */
export const longLe = (...values: number[]): Buffer => Buffer.from(long(...values)).swap32()

/** A raw file of Fujifilm with this JPEG; `length`: how long the file says that it is. */
export const raf = (jpeg: Buffer, length = jpeg.length): Buffer =>
  Buffer.concat([Buffer.from('FUJIFILMCCD-RAW 0201'.padEnd(84, '\0'), 'latin1'), long(92, length), jpeg])

/** A picture in a raw file of Sigma: `format` 18 is a JPEG. */
export const x3fImage = (format: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from('SECi'), longLe(0x20000, 2, format, 160, 80, 0), content])

/** A raw file of Sigma with these pictures. */
export function x3f(...images: Buffer[]): Buffer {
  const parts = [Buffer.from('FOVb\0\0\x02\0'.padEnd(40, '\0'), 'latin1'), ...images]
  const at = (n: number) => parts.slice(0, n).reduce((sum, { length }) => sum + length, 0)
  const list = images.map(({ length }, n) => Buffer.concat([longLe(at(n + 1), length), Buffer.from('IMA2')]))
  const end = at(parts.length)
  return Buffer.concat([...parts, Buffer.from('SECd'), longLe(0x20000, images.length), ...list, longLe(end)])
}

const CANON = Buffer.from('85c0b687820f11e08111f4ce462b6a48', 'hex')

/** A CR3 of Canon with these JPEGs in its first tracks, and raw data of 90,000 bytes in another. */
export function cr3(jpegs: readonly Buffer[], orientation = 1): Buffer {
  const box = (type: string, ...content: Buffer[]) => {
    const data = Buffer.concat(content)
    return Buffer.concat([long(data.length + 8), Buffer.from(type, 'latin1'), data])
  }
  const tags = [
    [Tag.width, [160]],
    [Tag.orientation, [orientation]],
  ] as const
  const turn = tiffHead([{ tags, blockLengths: [1] }])
  const track = (offset: number, length: number) =>
    box(
      'trak',
      box('mdia', box('minf', box('stbl', box('stsz', long(0, length, 1)), box('co64', long(0, 1, 0, offset))))),
    )
  const samples = [...jpegs, Buffer.alloc(90_000)]
  const head = box('ftyp', Buffer.from('crx \0\0\0\x01crx isom', 'latin1'))
  const index = (first: number) => {
    const at = (n: number) => samples.slice(0, n).reduce((sum, { length }) => sum + length, first)
    return box('moov', box('uuid', CANON, box('CMT1', turn)), ...samples.map(({ length }, n) => track(at(n), length)))
  }
  const first = head.length + index(0).length + 8
  return Buffer.concat([head, index(first), box('mdat', ...samples)])
}
