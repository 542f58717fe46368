import { copyFile } from 'node:fs/promises'
import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import sharp from 'sharp'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AppError, FrameSample } from '#contract'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createFrameSets } from './index.ts'
import type { FrameMedia, FrameSets } from './index.ts'

const SIZE = { width: 56, height: 28 }
/** As many pixels as a frame of the set, in another shape: they are resized by the media service. */
const VIDEO = { width: 28, height: 56 }
const BYTES = 56 * 28 * 3

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
const media: FrameMedia = { frame: (from, _raw, _size, target) => copyFile(from, target), poster: async () => 'image/webp' }
function open(maxBytes?: number): void {
  const keepPoster = async (sha: string) => void posters.push(sha)
  sets = createFrameSets({ folder: folder.path, media, keepPoster, ...(maxBytes !== undefined && { maxBytes }) })
}
const sample = (over: Partial<FrameSample> = {}): FrameSample => ({ range: null, wishedFps: 2, fps: 2, indices: [0, 9], timesMs: [0, 300], ...SIZE, ...over })
const sha = (fill: string) => fill.repeat(64)
async function full(fill: string, usedHoursAgo = 0): Promise<string> {
  const { key, missing } = sets.begin({ sha: sha(fill), sample: sample(), video: VIDEO })
  for (const n of missing) await sets.store(key, n, { ...VIDEO, format: 'rgb' }, Readable.from([Buffer.alloc(BYTES, n)]))
  const then = Date.now() / 1000 - usedHoursAgo * 3600
  utimesSync(join(folder.path, key.slice(0, 2), key, 'set.json'), then, then)
  return key
}
const owner = (fill: string) => ({ sha: sha(fill), name: 'clip.mp4' })

test('what decides how frames look decides the name of their set, and nothing else', () => {
  const key = sets.keyOf(sha('a'), sample())
  expect(sets.keyOf(sha('a'), sample({ timesMs: [0, 301], wishedFps: 3 }))).toBe(key)
  const others = [sample({ range: { startMs: 0, endMs: 400 } }), sample({ fps: 1 }), sample({ indices: [0, 8] }), sample({ width: 84 }), sample({ height: 56 })]
  expect(new Set([key, sets.keyOf(sha('b'), sample()), ...others.map((other) => sets.keyOf(sha('a'), other))]).size).toBe(7)
})

test('frames come back in order, from where they lie', async () => {
  const key = await full('a')
  expect(sets.get(key)).toEqual({ sha: sha('a'), sample: sample(), video: VIDEO })
  expect(sets.paths(key, owner('a'))).toEqual([0, 1].map((n) => join(folder.path, key.slice(0, 2), key, `${n}.png`)))
  expect(posters).toEqual([sha('a'), sha('a')])
})

test('a frame that has the size of the set is kept as it came, and what stands for the video comes for itself', async () => {
  const { key } = sets.begin({ sha: sha('a'), sample: sample(), video: VIDEO })
  const pixels = Buffer.from(Array.from({ length: BYTES }, (_, n) => (n * 7) & 255))
  await sets.store(key, 1, { ...SIZE, format: 'rgb' }, Readable.from([pixels]))
  expect(posters).toEqual([])
  expect(sets.missing(key, 2)).toEqual([0])
  const { data, info } = await sharp(join(folder.path, key.slice(0, 2), key, '1.png')).raw().toBuffer({ resolveWithObject: true })
  expect([info.width, info.height, Buffer.compare(data, pixels)]).toEqual([SIZE.width, SIZE.height, 0])
  await sets.storePoster(key, { ...SIZE, format: 'rgb' }, Readable.from([pixels]))
  expect(posters).toEqual([sha('a')])
})

test('sets of videos that are gone are removed, and those that cannot be read', async () => {
  const [kept, gone, unreadable] = [await full('a'), await full('b'), await full('c')]
  writeFileSync(join(folder.path, unreadable.slice(0, 2), unreadable, 'set.json'), '{"sha":')
  expect(await sets.collect((one) => one === sha('a') || one === sha('c'))).toBe(2)
  expect([kept, gone, unreadable].map((key) => sets.get(key) !== null)).toEqual([true, false, false])
  expect(sets.missing(gone, 2)).toEqual([0, 1])
})

test('beyond the room on the disk the longest unused go first; a use counts; the last used stays however large', async () => {
  const [old, older, oldest] = [await full('a', 1), await full('b', 2), await full('c', 3)]
  open(2 * 2 * BYTES + 2000)
  sets.paths(oldest, owner('c'))
  expect(await sets.collect(() => true)).toBe(1)
  expect([old, older, oldest].map((key) => sets.get(key) !== null)).toEqual([true, false, true])
  open(1)
  expect(await sets.collect(() => true)).toBe(1)
  expect([old, oldest].map((key) => sets.get(key) !== null)).toEqual([false, true])
})

test('what a run left unfinished is cleared, and frames that are not all there are missing', async () => {
  const { key } = sets.begin({ sha: sha('a'), sample: sample(), video: VIDEO })
  await sets.store(key, 1, { ...VIDEO, format: 'rgb' }, Readable.from([Buffer.alloc(BYTES)]))
  writeFileSync(join(folder.path, 'incoming', 'half'), 'x')
  open()
  expect(readdirSync(join(folder.path, 'incoming'))).toEqual([])
  expect(sets.begin({ sha: sha('a'), sample: sample(), video: VIDEO }).missing).toEqual([0])
  expect(() => sets.paths(key, owner('a'))).toThrow(expect.objectContaining({ code: 'FramesMissing', detail: { key, sha: sha('a'), name: 'clip.mp4', total: 2, missing: 1 } }) as AppError)
  expect(() => sets.paths(sha('9'), owner('a'))).toThrow(expect.objectContaining({ code: 'FramesMissing' }) as AppError)
})

test('a frame that could not be resized is not there', async () => {
  sets = createFrameSets({ folder: folder.path, media: { ...media, frame: async () => {} }, keepPoster: async () => {} })
  const { key } = sets.begin({ sha: sha('a'), sample: sample(), video: VIDEO })
  await expect(sets.store(key, 0, { ...VIDEO, format: 'rgb' }, Readable.from([Buffer.alloc(BYTES)]))).rejects.toMatchObject({ code: 'StorageFailed' })
  expect(sets.missing(key, 2)).toEqual([0, 1])
})
