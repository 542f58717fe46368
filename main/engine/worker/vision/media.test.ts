import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { visionOf } from '../../../lib/families/families.ts'
import { tempFolder } from '../../../testing/tempFolder.ts'
import type { SizeOptions, Source } from '../../types.ts'
import { gridTokens } from '../../../lib/families/grid.ts'
import { measureMedia } from './media.ts'

const folder = tempFolder()
afterAll(() => folder.remove())
const paths: Record<string, string> = {}
beforeAll(async () => {
  for (const [name, width, height] of [
    ['hd', 1920, 1080],
    ['small', 112, 56],
    ['other', 300, 300],
  ] as const) {
    paths[name] = join(folder.path, `${name}.png`)
    await sharp({ create: { width, height, channels: 3, background: 'teal' } })
      .png({ compressionLevel: 1 })
      .toFile(paths[name])
  }
})

const BUDGET = { minPixels: 4 * 784, maxPixels: 16384 * 784 }
const frames = (name: string, count: number): Source[] => Array.from({ length: count }, () => ({ path: paths[name]! }))
const measured = async (name: string, count: number, options: SizeOptions = {}, budget = BUDGET) => {
  const { grid } = await measureMedia(
    { type: 'video', frames: frames(name, count), ...options },
    budget,
    visionOf('qwen2vl'),
  )
  return { times: grid.times, pixels: (gridTokens(grid) / grid.times) * 784 }
}

describe('the frames of a video', () => {
  test('are as large as the reference allows a frame, and as small', async () => {
    expect((await measured('hd', 4)).pixels).toBeLessThanOrEqual(768 * 784)
    expect((await measured('hd', 4)).pixels).toBeGreaterThan(700 * 784)
    expect((await measured('small', 4)).pixels).toBeGreaterThanOrEqual(128 * 784)
  })

  test('share the total of the video', async () => {
    const { times, pixels } = await measured('hd', 90)
    expect(times).toBe(45)
    expect(pixels).toBeLessThanOrEqual(428_168)
    expect(pixels).toBeGreaterThan(400_000)
  })

  test('keep to the limits given with the video, which do not go beyond those of the reference', async () => {
    expect((await measured('hd', 4, { minPixels: 3136, maxPixels: 50_176 })).pixels).toBeLessThanOrEqual(50_176)
    expect((await measured('small', 4, { minPixels: 3136, maxPixels: 12_845_056 })).pixels).toBe(112 * 56)
    expect((await measured('hd', 4, { maxPixels: 12_845_056 })).pixels).toBeLessThanOrEqual(768 * 784)
    expect((await measured('hd', 90, { minPixels: 500_000 })).pixels).toBeGreaterThan(450_000)
  })

  test('and pictures of which digest and size are known are measured without a file', async () => {
    const gone = (n: number): Source => ({
      path: join(folder.path, 'gone.png'),
      digest: `sha:${n}`,
      size: { width: 1920, height: 1080 },
      name: 'Gone',
    })
    const rules = visionOf('qwen2vl')
    const pixels = async (path: string) => measureMedia({ type: 'image', source: { path } }, BUDGET, rules)
    const picture = await measureMedia({ type: 'image', source: gone(0) }, BUDGET, rules)
    expect(picture.grid).toEqual((await pixels(paths.hd!)).grid)
    const video = await measureMedia({ type: 'video', frames: [gone(0), gone(1)] }, BUDGET, rules)
    expect(video.grid.times).toBe(1)
    await expect(picture.frames(0), 'what is shown is read').rejects.toMatchObject({ code: 'MediaNotFound' })
  })

  test('that are known by a digest are neither read nor opened before they are wanted', async () => {
    const named = (path: string, n: number): Source => ({ path, digest: `set:${n}` })
    const sources = [
      named(paths.small!, 0),
      named(join(folder.path, 'gone.png'), 1),
      named(paths.small!, 2),
      named(paths.small!, 3),
    ]
    const rules = visionOf('qwen2vl')
    const media = await measureMedia({ type: 'video', frames: sources, minPixels: 3136 }, BUDGET, rules)
    expect(media.key).toBe(
      (
        await measureMedia(
          { type: 'video', frames: sources.map((_, n) => named(paths.small!, n)), minPixels: 3136 },
          BUDGET,
          rules,
        )
      ).key,
    )
    expect(await media.frames(1)).toMatchObject([
      { width: 112, height: 56 },
      { width: 112, height: 56 },
    ])
    await expect(media.frames(0)).rejects.toMatchObject({ code: 'MediaNotFound' })
  })

  test('are no larger than the budget of all pictures', async () => {
    const budget = { minPixels: 4 * 784, maxPixels: 16 * 784 }
    expect((await measured('hd', 4, {}, budget)).pixels).toBeLessThanOrEqual(16 * 784)
    expect((await measured('small', 4, {}, budget)).pixels).toBe(112 * 56)
    expect((await measured('hd', 4, { maxPixels: 64 * 784 }, budget)).pixels).toBeGreaterThan(40 * 784)
  })

  test('have one size, that of the first, or the one that was wished', async () => {
    const sources = [...frames('small', 1), ...frames('other', 2)]
    const media = await measureMedia(
      { type: 'video', frames: sources, minPixels: 3136, resizedWidth: 150, resizedHeight: 90 },
      BUDGET,
      visionOf('qwen2vl'),
    )
    expect(media.grid).toMatchObject({ times: 2, rows: 3, columns: 5 })
    const pairs = await Promise.all([media.frames(0), media.frames(1)])
    expect(pairs.flat().map(({ width, height }) => [width, height])).toEqual(Array.from({ length: 4 }, () => [140, 84]))
  })

  test('of no number are refused', async () => {
    await expect(measured('small', 0)).rejects.toMatchObject({ code: 'InvalidInput' })
  })
})

describe('a part of a picture', () => {
  const part = { box: { x1: 0, y1: 0, x2: 0.5, y2: 1 }, turn: 90 } as const
  const measure = (source: Source) => measureMedia({ type: 'image', source }, BUDGET, visionOf('qwen2vl'))

  test('is measured after its turn, and has a name of its own in the caches', async () => {
    const [whole, half] = await Promise.all([
      measure({ path: paths['small']! }),
      measure({ path: paths['small']!, part }),
    ])
    expect([whole.grid.rows, whole.grid.columns]).toEqual([2, 4])
    expect([half.grid.rows, half.grid.columns]).toEqual([2, 2])
    expect(half.key).not.toBe(whole.key)
    const [frame] = await half.frames(0)
    expect([frame.width, frame.height]).toEqual([56, 56])
  })

  test('of a stored picture is measured without its file', async () => {
    const known = {
      path: join(folder.path, 'gone.png'),
      digest: 'a',
      size: { width: 280, height: 56 },
      name: 'gone.png',
    }
    const { grid } = await measure({ ...known, part })
    expect([grid.rows, grid.columns]).toEqual([5, 2])
  })
})
