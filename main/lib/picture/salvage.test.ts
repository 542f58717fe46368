import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import { openPicture } from './index.ts'
import type { RgbPicture } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'salvage-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const [W, H] = [240, 160]
/** Soft colours with some noise and without any white. */
const noise = (i: number) => Math.imul(i + 1, 2654435761) >>> 28
const data = Buffer.from(
  Array.from({ length: W * H }, (_, i) => [
    (i % W) * 0.9 + noise(i),
    Math.floor(i / W) + noise(i * 3),
    noise(i * 7) * 4,
  ]).flat(),
)
const source = sharp(data, { raw: { width: W, height: H, channels: 3 } })
const open = (bytes: Uint8Array, name = 'cut') => openPicture({ bytes, name })
const cutAt = (bytes: Buffer, share: number) => bytes.subarray(0, Math.floor(bytes.length * share))
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('should have been refused'),
    (error: unknown) => error,
  )

/** The shares of pixels that are white, and that are neither white nor as in the whole picture by more than `by`. */
function compare(got: RgbPicture, whole: RgbPicture, by = 0) {
  let [white, wrong] = [0, 0]
  for (let i = 0; i < got.data.length; i += 3) {
    const pixel = [...got.data.subarray(i, i + 3)]
    if (pixel.every((value) => value === 255)) white++
    else if (pixel.some((value, c) => Math.abs(value - whole.data[i + c]!) > by)) wrong++
  }
  const count = got.width * got.height
  return { white: white / count, wrong: wrong / count }
}

const kinds = {
  png: () => source.clone().png().toBuffer(),
  'interlaced PNG': () => source.clone().png({ progressive: true }).toBuffer(),
  'PNG with a palette': () => source.clone().png({ palette: true }).toBuffer(),
  jpeg: () => source.clone().jpeg().toBuffer(),
  'jpeg 4:4:4': () => source.clone().jpeg({ chromaSubsampling: '4:4:4' }).toBuffer(),
  gif: () => source.clone().gif().toBuffer(),
  webp: () => source.clone().webp().toBuffer(),
  'webp with alpha': () => source.clone().ensureAlpha(0.999).webp().toBuffer(),
  'lossless webp': () => source.clone().webp({ lossless: true }).toBuffer(),
}

describe('a file that is cut off is shown as far as it goes, the rest white, and how much is missing is said', () => {
  test.each(Object.keys(kinds) as (keyof typeof kinds)[])('%s', async (kind) => {
    const bytes = await kinds[kind]()
    const whole = await (await open(bytes)).decode()
    // what stands first in a WebP is of use only with what follows
    for (const share of kind.includes('webp') ? [0.8, 0.95] : [0.5, 0.9]) {
      const picture = await open(cutAt(bytes, share))
      const { white, wrong } = compare(await picture.decode(), whole, 2)
      // colour is smoothed over the edge of the last block of a JPEG
      expect(wrong).toBeLessThan(kind === 'jpeg' ? 0.01 : 0.001)
      expect(white).toBeGreaterThan(0.01)
      expect(white).toBeLessThan(0.97)
      const told = Number(/(?:lower|About) (\d+) %/.exec(picture.notes.join())?.[1])
      expect(Math.abs(told - white * 100)).toBeLessThan(2)
      expect(picture.damaged).toBe(true)
    }
  })

  test('what is turned says which side is missing', async () => {
    for (const [orientation, side] of [
      [1, 'lower'],
      [3, 'upper'],
      [6, 'left'],
      [8, 'right'],
    ] as const) {
      const bytes = await source.clone().withMetadata({ orientation }).jpeg({ chromaSubsampling: '4:4:4' }).toBuffer()
      const picture = await open(cutAt(bytes, 0.5))
      const decoded = await picture.decode()
      expect(picture.notes.join()).toContain(`The ${side} `)
      const [x, y] = { lower: [0.5, 0.99], upper: [0.5, 0.01], left: [0.01, 0.5], right: [0.99, 0.5] }[side] as [
        number,
        number,
      ]
      const at = (Math.floor(y * decoded.height) * decoded.width + Math.floor(x * decoded.width)) * 3
      expect([...decoded.data.subarray(at, at + 3)]).toEqual([255, 255, 255])
    }
  })

  test('a progressive JPEG is whole but less sharp', async () => {
    const bytes = await source.clone().jpeg({ progressive: true }).toBuffer()
    const picture = await open(cutAt(bytes, 0.7))
    expect(compare(await picture.decode(), await (await open(bytes)).decode(), 60)).toMatchObject({
      white: 0,
      wrong: expect.closeTo(0, 1) as number,
    })
    expect(picture.notes.join()).toContain('less sharp')
  })

  test('a JPEG without its end mark, a GIF without its end are whole', async () => {
    for (const bytes of [await kinds.jpeg(), await kinds.gif()]) {
      const picture = await open(bytes.subarray(0, bytes.length - (bytes[0] === 0xff ? 2 : 1)))
      expect(Buffer.compare((await picture.decode()).data, (await (await open(bytes)).decode()).data)).toBe(0)
      expect(picture.notes).toEqual(
        bytes[0] === 0xff ? ['The end of the file is missing; the picture is whole.'] : expect.any(Array),
      )
    }
  })

  test('a thumbnail, a resized picture and one to look at show the same, with the same note', async () => {
    const cut = cutAt(await kinds.png(), 0.6)
    const notes = []
    for (const read of ['thumbnail', 'view', 'resized'] as const) {
      const picture = await open(cut)
      const target = join(folder, read)
      if (read === 'resized') {
        const { data: pixels } = await picture.resized({ width: 28, height: 28 })
        expect([...pixels.subarray(-3)]).toEqual([255, 255, 255])
      } else {
        await (read === 'thumbnail' ? picture.writeThumbnail(target, 64) : picture.writeView(target))
        const { data: small } = await sharp(readFileSync(target))
          .removeAlpha()
          .raw()
          .toBuffer({ resolveWithObject: true })
        expect(Math.min(...small.subarray(-3))).toBeGreaterThan(250)
      }
      notes.push(picture.notes)
    }
    expect(new Set(notes.map((one) => one.join())).size).toBe(1)
  })

  test('refused is only what shows nothing', async () => {
    for (const kind of ['png', 'jpeg', 'gif', 'webp'] as const) {
      const bytes = await kinds[kind]()
      for (const length of [12, 40]) {
        const error = await failure(open(bytes.subarray(0, length), `cut.${kind}`).then((picture) => picture.decode()))
        expect(error).toMatchObject({
          code: 'DamagedMedia',
          message: expect.stringContaining(`cut.${kind} is damaged or incomplete`) as string,
        })
      }
    }
  })
})

describe('bytes that were changed', () => {
  test('a wrong check sum of a PNG costs nothing but a note', async () => {
    const bytes = await kinds.png()
    bytes[bytes.length - 14]! ^= 1
    const picture = await open(bytes)
    expect(Buffer.compare((await picture.decode()).data, data)).toBe(0)
    expect(picture.notes).toEqual(['A check sum in the file is wrong; the picture is whole.'])
  })

  test('changed pixel data say that parts may be wrong', async () => {
    const [png, jpeg] = [await kinds.png(), await kinds.jpeg()]
    png.fill(0, png.length >> 1, (png.length >> 1) + 40)
    const half = jpeg.length >> 1
    for (const bytes of [png, Buffer.concat([jpeg.subarray(0, half), jpeg.subarray(half + 1000)])]) {
      const picture = await open(bytes)
      const decoded = await picture.decode()
      expect([decoded.width, decoded.height]).toEqual([W, H])
      expect(picture.notes.join()).toMatch(/missing.*may be wrong/)
    }
  })

  test('an undamaged picture has no notes', async () => {
    for (const make of Object.values(kinds)) {
      const picture = await open(await make())
      await picture.decode()
      expect({ notes: picture.notes, damaged: picture.damaged }).toEqual({ notes: [], damaged: false })
    }
  })
})
