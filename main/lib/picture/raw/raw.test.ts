import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { openPicture } from '../index.ts'
import { Tag } from '../tiff/directory.ts'
import { tiffHead } from '../tiff/encode.ts'

const solid = (width: number, height: number, background: string) =>
  sharp({ create: { width, height, channels: 3, background } })
    .jpeg()
    .toBuffer()
const small = await solid(16, 8, 'rgb(0,0,200)')
const large = await solid(160, 80, 'rgb(200,0,0)')

const open = (bytes: Buffer, name = 'photo.raw') => openPicture({ bytes, name })
const failure = (bytes: Buffer) =>
  open(bytes).then(
    () => expect.fail('should have been refused'),
    (error: unknown) => error,
  )
async function expectLarge(bytes: Buffer, size = { width: 160, height: 80 }): Promise<void> {
  const picture = await open(bytes)
  expect(picture).toMatchObject({ mime: 'image/x-raw', ...size })
  expect(picture.notes[0]).toContain('the picture that the camera stored beside its raw data')
  const { data } = await picture.decode()
  expect(data[0]).toBeGreaterThan(190)
}

const long = (...values: number[]) => {
  const out = Buffer.alloc(values.length * 4)
  values.forEach((value, n) => out.writeUInt32BE(value, n * 4))
  return out
}
const longLe = (...values: number[]) => Buffer.from(long(...values)).swap32()

describe('RAF', () => {
  const raf = (length = large.length) =>
    Buffer.concat([Buffer.from('FUJIFILMCCD-RAW 0201'.padEnd(84, '\0'), 'latin1'), long(92, length), large])
  test('shows its JPEG', () => expectLarge(raf()))
  test('cut off is damaged', async () => {
    expect(await failure(raf(large.length + 1))).toMatchObject({ code: 'DamagedMedia' })
    expect(await failure(raf().subarray(0, 88))).toMatchObject({ code: 'DamagedMedia' })
  })
})

describe('X3F', () => {
  const image = (format: number, content: Buffer) =>
    Buffer.concat([Buffer.from('SECi'), longLe(0x20000, 2, format, 160, 80, 0), content])
  function x3f(...images: Buffer[]): Buffer {
    const parts = [Buffer.from('FOVb\0\0\x02\0'.padEnd(40, '\0'), 'latin1'), ...images]
    const at = (n: number) => parts.slice(0, n).reduce((sum, { length }) => sum + length, 0)
    const list = images.map(({ length }, n) => Buffer.concat([longLe(at(n + 1), length), Buffer.from('IMA2')]))
    const end = at(parts.length)
    return Buffer.concat([...parts, Buffer.from('SECd'), longLe(0x20000, images.length), ...list, longLe(end)])
  }
  test('shows its largest JPEG', () =>
    expectLarge(x3f(image(18, small), image(18, large), image(3, Buffer.alloc(9000)))))
  test('without one is refused', async () => {
    expect(await failure(x3f(image(3, Buffer.alloc(90))))).toMatchObject({ code: 'UnsupportedMedia' })
  })
  test('without its list is damaged', async () => {
    expect(await failure(Buffer.from('FOVb\0\0\x02\0'))).toMatchObject({ code: 'DamagedMedia' })
  })
})

describe('CR3', () => {
  const box = (type: string, ...content: Buffer[]) => {
    const data = Buffer.concat(content)
    return Buffer.concat([long(data.length + 8), Buffer.from(type, 'latin1'), data])
  }
  const canon = Buffer.from('85c0b687820f11e08111f4ce462b6a48', 'hex')
  function cr3(orientation = 1): Buffer {
    const head = box('ftyp', Buffer.from('crx \0\0\0\x01crx isom', 'latin1'))
    const turn = tiffHead([
      {
        tags: [
          [Tag.width, [160]],
          [Tag.orientation, [orientation]],
        ],
        blockLengths: [1],
      },
    ])
    const track = (offset: number, length: number) =>
      box(
        'trak',
        box('mdia', box('minf', box('stbl', box('stsz', long(0, length, 1)), box('co64', long(0, 1, 0, offset))))),
      )
    const index = (first: number) =>
      box(
        'moov',
        box('uuid', canon, box('CMT1', turn)),
        track(first, small.length),
        track(first + small.length, large.length),
        track(first + small.length + large.length, 90_000),
      )
    const first = head.length + index(0).length + 8
    return Buffer.concat([head, index(first), box('mdat', small, large, Buffer.alloc(90_000))])
  }
  test('shows its largest JPEG', () => expectLarge(cr3()))
  test('is turned as it says', () => expectLarge(cr3(6), { width: 80, height: 160 }))
  test('without its index is damaged', async () => {
    expect(await failure(cr3().subarray(0, 24))).toMatchObject({ code: 'DamagedMedia' })
  })
})

/** A TIFF whose first bytes are those of another maker. */
const marked = (mark: string, tiff: Buffer) => Buffer.concat([Buffer.from(mark, 'latin1'), tiff.subarray(4)])

describe('RW2', () => {
  test('shows the JPEG of its first directory', () =>
    expectLarge(
      marked(
        'IIU\0',
        tiffHead([
          {
            tags: [
              [46, large],
              [Tag.orientation, [1]],
            ],
            blockLengths: [1],
          },
        ]),
      ),
    ))
  test('without one is refused', async () => {
    expect(
      await failure(marked('IIU\0', tiffHead([{ tags: [[Tag.orientation, [1]]], blockLengths: [1] }]))),
    ).toMatchObject({ code: 'UnsupportedMedia', message: expect.stringContaining('photo.raw') as string })
  })
})

describe('ORF', () => {
  /** A directory of numbers, as it stands at `at`. */
  function directory(entries: readonly (readonly [number, number])[]): Buffer {
    const out = Buffer.alloc(2 + entries.length * 12 + 4)
    out.writeUInt16LE(entries.length)
    entries.forEach(([tag, value], n) => {
      out.writeUInt16LE(tag, 2 + n * 12)
      out.writeUInt16LE(4, 4 + n * 12)
      out.writeUInt32LE(1, 6 + n * 12)
      out.writeUInt32LE(value, 10 + n * 12)
    })
    return out
  }
  function orf(mark: string, padding: number, isRelative: boolean): Buffer {
    const first = directory([[Tag.exif, 8 + 18]])
    const notesAt = 8 + first.length + 18
    const base = isRelative ? 0 : notesAt
    const start = Buffer.from(mark.padEnd(padding, '\0'), 'latin1')
    const settingsAt = padding + 18
    const jpegAt = settingsAt + 30
    const notes = Buffer.concat([
      start,
      directory([[0x2020, base + settingsAt]]),
      directory([
        [0x101, base + jpegAt],
        [0x102, large.length],
      ]),
      large,
    ])
    const exif = directory([[Tag.makerNote, notesAt]])
    exif.writeUInt16LE(7, 4)
    exif.writeUInt32LE(notes.length, 6)
    return Buffer.concat([Buffer.from('IIRO\x08\0\0\0', 'latin1'), first, exif, notes])
  }
  test.each([
    ['OM SYSTEM\0\0\0II\x04\0', 16, true],
    ['OLYMPUS\0II\x03\0', 12, true],
    ['OLYMP\0\x01\0', 8, false],
  ] as const)('shows the JPEG of its notes: %j', (mark, padding, isRelative) =>
    expectLarge(orf(mark, padding, isRelative)),
  )
  test('with notes of nobody is refused', async () => {
    expect(await failure(orf('SOMEBODY', 12, true))).toMatchObject({ code: 'UnsupportedMedia' })
  })
})

test('a raw file in which none is looked for is refused by its name', async () => {
  expect(await failure(Buffer.from('\0MRM\0\0\0\0', 'latin1'))).toMatchObject({
    code: 'UnsupportedMedia',
    message: expect.stringContaining('photo.raw is a raw file of a camera') as string,
  })
})
