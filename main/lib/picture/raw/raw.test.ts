import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { openPicture } from '../index.ts'
import { Tag } from '../tiff/directory.ts'
import { tiffHead } from '../tiff/encode.ts'
import { cr3, mrw, mrwBlock, raf, x3f, x3fImage } from './testing/rawFiles.ts'

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

describe('RAF', () => {
  test('shows its JPEG', () => expectLarge(raf(large)))
  test('cut off is damaged', async () => {
    expect(await failure(raf(large, large.length + 1))).toMatchObject({ code: 'DamagedMedia' })
    expect(await failure(raf(large).subarray(0, 88))).toMatchObject({ code: 'DamagedMedia' })
  })
})

describe('X3F', () => {
  const plain = x3fImage(3, Buffer.alloc(9000))
  test('shows its largest JPEG', () => expectLarge(x3f(x3fImage(18, small), x3fImage(18, large), plain)))
  test('without one is refused', async () => {
    expect(await failure(x3f(plain))).toMatchObject({ code: 'UnsupportedMedia' })
  })
  test('without its list is damaged', async () => {
    expect(await failure(Buffer.from('FOVb\0\0\x02\0'))).toMatchObject({ code: 'DamagedMedia' })
  })
})

describe('CR3', () => {
  test('shows its largest JPEG', () => expectLarge(cr3([small, large])))
  test('is turned as it says', () => expectLarge(cr3([large], 6), { width: 80, height: 160 }))
  test('without a JPEG is refused', async () => {
    expect(await failure(cr3([]))).toMatchObject({ code: 'UnsupportedMedia' })
  })
  test('without its index is damaged', async () => {
    expect(await failure(cr3([large]).subarray(0, 24))).toMatchObject({ code: 'DamagedMedia' })
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

describe('MRW', () => {
  test('shows the JPEG of its notes, also where its first byte is another', async () => {
    await expectLarge(mrw(large))
    await expectLarge(mrw(Buffer.concat([Buffer.from([2]), large.subarray(1)])))
  })
  test('without one is refused, without notes damaged', async () => {
    expect(await failure(mrw(Buffer.alloc(0)))).toMatchObject({ code: 'UnsupportedMedia' })
    expect(await failure(mrwBlock('\0MRM', mrwBlock('\0PRD', Buffer.alloc(24))))).toMatchObject({
      code: 'DamagedMedia',
    })
  })
})
