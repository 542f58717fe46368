import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { copyFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { AppError, FrameSample } from '#contract'
import sharp from 'sharp'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tempFolder } from '../../../testing/tempFolder.ts'
import { createFrameSets } from './frameSets.ts'
import type { FrameMedia, FrameSets } from './types.ts'

const SIZE = { width: 56, height: 28 }
/** As large as the video: the media process makes the model's frame of it. */
const WHOLE = { ...SIZE, format: 'rgba' } as const
const BYTES = 56 * 28 * 4

let folder: ReturnType<typeof tempFolder>
let posters: string[]
let sets: FrameSets

beforeEach(() => {
  folder = tempFolder()
  posters = []
  open()
})
afterEach(() => folder.remove())

/** Keeps frames as they came. */
const media: FrameMedia = {
  frame: (from, _raw, _size, target) => copyFile(from, target),
  poster: async () => 'image/webp',
}
function open(maxBytes?: number): void {
  const keepPoster = async (sha: string) => void posters.push(sha)
  sets = createFrameSets({ folder: folder.path, media, keepPoster, ...(maxBytes !== undefined && { maxBytes }) })
}
const sample = (over: Partial<FrameSample> = {}): FrameSample => ({
  range: null,
  wishedFps: 2,
  fps: 2,
  indices: [0, 9],
  timesMs: [0, 300],
  ...SIZE,
  ...over,
})
const sha = (fill: string) => fill.repeat(64)
async function full(fill: string, usedHoursAgo = 0): Promise<string> {
  const { key, missing } = sets.begin({ sha: sha(fill), sample: sample(), video: SIZE })
  for (const n of missing) await sets.store(key, n, WHOLE, Readable.from([Buffer.alloc(BYTES, n)]))
  const then = Date.now() / 1000 - usedHoursAgo * 3600
  utimesSync(join(folder.path, key.slice(0, 2), key, 'set.json'), then, then)
  return key
}
const owner = (fill: string) => ({ sha: sha(fill), name: 'clip.mp4' })

test('what decides how frames look decides the name of their set, and nothing else', () => {
  const key = sets.keyOf(sha('a'), sample())
  expect(sets.keyOf(sha('a'), sample({ timesMs: [0, 301], wishedFps: 3 }))).toBe(key)
  const others = [
    sample({ range: { startMs: 0, endMs: 400 } }),
    sample({ fps: 1 }),
    sample({ indices: [0, 8] }),
    sample({ width: 84 }),
    sample({ height: 56 }),
  ]
  expect(
    new Set([key, sets.keyOf(sha('b'), sample()), ...others.map((other) => sets.keyOf(sha('a'), other))]).size,
  ).toBe(7)
})

test('frames come back in order, from where they lie', async () => {
  const key = await full('a')
  expect(sets.get(key)).toEqual({ sha: sha('a'), sample: sample(), video: SIZE })
  expect(sets.paths(key, owner('a'))).toEqual([0, 1].map((n) => join(folder.path, key.slice(0, 2), key, `${n}.png`)))
  expect(posters).toEqual([sha('a'), sha('a')])
})

test('sets of videos that are gone are removed, and those that cannot be read', async () => {
  const [kept, gone, unreadable] = [await full('a'), await full('b'), await full('c')]
  writeFileSync(join(folder.path, unreadable.slice(0, 2), unreadable, 'set.json'), '{"sha":')
  expect(await sets.collect((one) => one === sha('a') || one === sha('c'))).toHaveLength(2)
  expect([kept, gone, unreadable].map((key) => sets.get(key) !== null)).toEqual([true, false, false])
  expect(sets.missing(gone, 2)).toEqual([0, 1])
})

test('beyond the room on the disk the longest unused go first; a use counts; the last used stays however large', async () => {
  const [old, older, oldest] = [await full('a', 1), await full('b', 2), await full('c', 3)]
  open(2 * 2 * BYTES + 2000)
  sets.paths(oldest, owner('c'))
  expect(await sets.collect(() => true)).toHaveLength(1)
  expect([old, older, oldest].map((key) => sets.get(key) !== null)).toEqual([true, false, true])
  open(1)
  expect(await sets.collect(() => true)).toHaveLength(1)
  expect([old, oldest].map((key) => sets.get(key) !== null)).toEqual([false, true])
})

test('what a run left unfinished is cleared, and frames that are not all there are missing', async () => {
  const { key } = sets.begin({ sha: sha('a'), sample: sample(), video: SIZE })
  await sets.store(key, 1, WHOLE, Readable.from([Buffer.alloc(BYTES)]))
  writeFileSync(join(folder.path, 'incoming', 'half'), 'x')
  open()
  expect(readdirSync(join(folder.path, 'incoming'))).toEqual([])
  expect(sets.begin({ sha: sha('a'), sample: sample(), video: SIZE }).missing).toEqual([0])
  expect(() => sets.paths(key, owner('a'))).toThrow(
    expect.objectContaining({
      code: 'FramesMissing',
      detail: { key, sha: sha('a'), name: 'clip.mp4', total: 2, missing: 1 },
    }) as AppError,
  )
  expect(() => sets.paths(sha('9'), owner('a'))).toThrow(expect.objectContaining({ code: 'FramesMissing' }) as AppError)
})

test('a frame that could not be resized is not there', async () => {
  sets = createFrameSets({
    folder: folder.path,
    media: { ...media, frame: async () => {} },
    keepPoster: async () => {},
  })
  const { key } = sets.begin({ sha: sha('a'), sample: sample(), video: SIZE })
  await expect(sets.store(key, 0, WHOLE, Readable.from([Buffer.alloc(BYTES)]))).rejects.toMatchObject({
    code: 'StorageFailed',
  })
  expect(sets.missing(key, 2)).toEqual([0, 1])
})

test('a frame that comes as the model sees it is kept as it is, and the picture for lists comes beside it', async () => {
  sets = createFrameSets({
    folder: folder.path,
    media: {
      frame: () => Promise.reject(new Error('Nothing is to be resized')),
      poster: async (from) => {
        posters.push(`poster of ${(await stat(from)).size} bytes`)
        return 'image/webp'
      },
    },
    keepPoster: async (_sha, make) => void (await make('')),
  })
  const { key } = sets.begin({ sha: sha('a'), sample: sample(), video: { width: 640, height: 480 } })
  const pixels = Buffer.from(Array.from({ length: 56 * 28 * 3 }, (_, i) => (i * 7) % 256))
  await sets.store(key, 0, { ...SIZE, format: 'rgb' }, Readable.from([pixels.subarray(0, 100), pixels.subarray(100)]))
  expect(sets.missing(key, 2)).toEqual([1])
  const { path } = await sets.open(key, 0)
  const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true })
  expect(info).toMatchObject({ width: 56, height: 28, channels: 3 })
  expect(Buffer.compare(data, pixels)).toBe(0)
  expect(posters).toEqual([])

  for (const bytes of [56 * 28 * 3 - 1, 56 * 28 * 3 + 1]) {
    await expect(
      sets.store(key, 1, { ...SIZE, format: 'rgb' }, Readable.from([Buffer.alloc(bytes)])),
    ).rejects.toMatchObject({
      code: 'InvalidInput',
    })
  }
  await sets.storePoster(key, { width: 64, height: 48, format: 'rgba' }, Readable.from([Buffer.alloc(64 * 48 * 4)]))
  expect(posters).toEqual([`poster of ${64 * 48 * 4} bytes`])
  await expect(
    sets.storePoster(key, { width: 513, height: 1, format: 'rgb' }, Readable.from([Buffer.alloc(513 * 3)])),
  ).rejects.toMatchObject({ code: 'InvalidInput' })
  // where the model sees frames as large as they are, the first of them does for lists
  const { key: whole } = sets.begin({ sha: sha('b'), sample: sample(), video: SIZE })
  await sets.store(whole, 0, { ...SIZE, format: 'rgb' }, Readable.from([pixels]))
  expect(posters.at(-1)).toBe(`poster of ${pixels.length} bytes`)
  await expect(
    sets.storePoster('f'.repeat(64), { width: 1, height: 1, format: 'rgb' }, Readable.from([Buffer.alloc(3)])),
  ).rejects.toMatchObject({ code: 'NotFound' })
})
