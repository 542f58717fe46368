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

/** A directory of a big-endian TIFF; each entry with its value, or where that is. */
function directory(entries: readonly (readonly [tag: number, type: number, count: number, value: number])[]): Buffer {
  const out = Buffer.alloc(2 + entries.length * 12 + 4)
  out.writeUInt16BE(entries.length)
  entries.forEach(([tag, type, count, value], n) => {
    out.writeUInt16BE(tag, 2 + n * 12)
    out.writeUInt16BE(type, 4 + n * 12)
    out.writeUInt32BE(count, 6 + n * 12)
    out.writeUInt32BE(value, 10 + n * 12)
  })
  return out
}

/** A block of a raw file of Minolta. */
export const mrwBlock = (name: string, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from(name, 'latin1'), long(content.length), content])

/** A raw file of Minolta with this JPEG in the notes of the maker. */
export function mrw(jpeg: Buffer): Buffer {
  const [exifAt, notesAt, jpegAt] = [8 + 30, 8 + 30 + 18, 8 + 30 + 18 + 30]
  const tiff = Buffer.concat([
    Buffer.from('MM\0*\0\0\0\x08', 'latin1'),
    directory([
      [Tag.orientation, 3, 1, 1 << 16],
      [Tag.exif, 4, 1, exifAt],
    ]),
    directory([[Tag.makerNote, 7, 30, notesAt]]),
    directory([
      [0x88, 4, 1, jpegAt],
      [0x89, 4, 1, jpeg.length],
    ]),
    jpeg,
  ])
  const blocks = Buffer.concat([mrwBlock('\0PRD', Buffer.alloc(24)), mrwBlock('\0TTW', tiff)])
  return Buffer.concat([mrwBlock('\0MRM', blocks), Buffer.alloc(5_000)])
}
