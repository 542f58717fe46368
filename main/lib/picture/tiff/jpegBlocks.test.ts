import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { Tag } from './directory.ts'
import type { TagValue } from './encode.ts'
import { WIDTH, HEIGHT, colourAt, colours, tiff, open, read, failure, distance, rgbBytes } from './testing/tiffFile.ts'

describe('JPEG inside', () => {
  /** The picture as JPEG of the best quality, in parts. */
  const jpeg = async (options: { chromaSubsampling?: string; progressive?: boolean } = {}) =>
    sharp(rgbBytes, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4', ...options })
      .toBuffer()
  /** Bodies of the segments with `marker`, and the bytes from the first scan's data on. */
  function parts(stream: Buffer) {
    const segments: { marker: number; body: Buffer }[] = []
    let at = 2
    for (; stream[at + 1] !== 0xda; at += 2 + stream.readUInt16BE(at + 2))
      segments.push({ marker: stream[at + 1]!, body: stream.subarray(at + 4, at + 2 + stream.readUInt16BE(at + 2)) })
    return { segments, data: stream.subarray(at + 2 + stream.readUInt16BE(at + 2), stream.length - 2) }
  }

  test('old-style, its tables in the file and its data without a header', async () => {
    const { segments, data } = parts(await jpeg())
    const bodies = (marker: number) => segments.filter((segment) => segment.marker === marker).map(({ body }) => body)
    // a table may stand with others in one segment
    const quantization = bodies(0xdb)
      .flatMap((body) => [body.subarray(1, 65), body.subarray(66, 131)])
      .filter(({ length }) => length >= 64)
    const huffman = bodies(0xc4).flatMap((body) => {
      const tables: { id: number; table: Buffer }[] = []
      for (let at = 0; at < body.length; ) {
        const length = 17 + body.subarray(at + 1, at + 17).reduce((sum, count) => sum + count, 0)
        tables.push({ id: body[at]!, table: body.subarray(at + 1, at + length) })
        at += length
      }
      return tables
    })
    const table = (id: number) => huffman.find((one) => one.id === id)!.table
    const stored = [quantization[0]!, quantization[1] ?? quantization[0]!, table(0), table(1), table(0x10), table(0x11)]
    const starts: number[] = []
    const layout = (base: number): TagValue[] => {
      starts.splice(0)
      stored.reduce((at, { length }) => (starts.push(at), at + length), base)
      const [q0, q1, dc0, dc1, ac0, ac1] = starts as [number, number, number, number, number, number]
      return [
        [Tag.compression, [6]],
        [Tag.photometric, [6]],
        [Tag.yCbCrSubsampling, [1, 1]],
        [Tag.jpegQuantization, [q0, q1, q1]],
        [Tag.jpegDc, [dc0, dc1, dc1]],
        [Tag.jpegAc, [ac0, ac1, ac1]],
      ]
    }
    // the tables follow the data of the only strip
    const length = tiff({ tags: layout(1), blocks: [] }).length + 24
    const guess = tiff({ tags: layout(length), blocks: [data] }).length
    const file = Buffer.concat([tiff({ tags: layout(guess), blocks: [data] }), ...stored])
    expect(distance(await read(file), colours)).toBeLessThanOrEqual(3)
  })

  test('old-style, one whole stream that the file names', async () => {
    const stream = await jpeg()
    const tags = (at: number): TagValue[] => [
      [Tag.compression, [6]],
      [Tag.photometric, [6]],
      [Tag.jpegStream, [at]],
      [Tag.jpegStreamLength, [stream.length]],
    ]
    const at = tiff({ tags: tags(1), blocks: [Buffer.alloc(0)] }).length
    expect(distance(await read(tiff({ tags: tags(at), blocks: [stream] })), colours)).toBeLessThanOrEqual(3)
  })

  test('channels apart in tiles', async () => {
    const tiles = await Promise.all(
      [0, 1, 2].map((c) => {
        const plane = Buffer.from(Array.from({ length: 256 }, (_, i) => colours[i]?.[c as 0] ?? 0))
        return sharp(plane, { raw: { width: 16, height: 16, channels: 1 } })
          .toColourspace('b-w')
          .jpeg({ quality: 100 })
          .toBuffer()
      }),
    )
    const tags: TagValue[] = [
      [Tag.compression, [7]],
      [Tag.planar, [2]],
      [Tag.tileWidth, [16]],
      [Tag.tileHeight, [16]],
    ]
    expect(distance(await read(tiff({ tags, blocks: tiles, tiled: true })), colours)).toBeLessThanOrEqual(8)
  })

  test('a raw file of a camera shows the picture beside the raw data, turned, and says so', async () => {
    const stream = await jpeg()
    const preview: TagValue[] = [
      [Tag.newSubfileType, [1]],
      [Tag.compression, [6]],
      [Tag.photometric, [6]],
      [Tag.orientation, [8]],
    ]
    const raw: TagValue[] = [
      [Tag.width, [6000]],
      [Tag.height, [4000]],
      [Tag.photometric, [32_803]],
      [Tag.samples, [1]],
      [Tag.bits, [14]],
    ]
    const picture = await open(tiff({ tags: preview, blocks: [stream] }, { tags: raw, blocks: [Buffer.alloc(64)] }))
    expect(picture).toMatchObject({ width: HEIGHT, height: WIDTH, mime: 'image/tiff' })
    expect(picture.notes[0]).toMatch(/camera stored beside its raw data of 6000 x 4000 pixels/)
    const { data } = await picture.decode()
    expect([...data.subarray(0, 3)].map((value, c) => Math.abs(value - colourAt(WIDTH - 1, 0)[c as 0]!) <= 3)).toEqual([
      true,
      true,
      true,
    ])
    expect(await failure(open(tiff({ tags: raw, blocks: [Buffer.alloc(64)] })))).toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringContaining('raw file of a camera') as string,
    })
  })
})
