import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { visionOf } from '../../../lib/families/families.ts'
import { golden, goldenModel } from '../../../testing/engineGoldens.ts'
import { tempFolder } from '../../../testing/tempFolder.ts'
import { DiskCache, embeddingsFolder } from '../../cache/diskCache.ts'
import { createEngine } from '../../client/engine.ts'
import { inspectModel } from '../../gguf/inspectModel.ts'
import { createRuntime } from '../native/runtime.ts'
import { measureMedia } from './media.ts'
import type { Media, MediaSource } from './media.ts'
import { EmbeddingCache, MediaEncoder } from './mediaEncoder.ts'
import type { SliceEncoder } from './mediaEncoder.ts'
import { Projector } from './projector.ts'
import { VisionTower } from './tower.ts'

const folder = tempFolder()
const runtime = createRuntime()
const never = new AbortController().signal
const BUDGET = { minPixels: 4 * 784, maxPixels: 36 * 784 }
let tower: VisionTower
beforeAll(async () => {
  const files = goldenModel('qwen2vl')
  const { projector: facts } = await inspectModel(files)
  runtime.fitThreads(facts!.bytes)
  tower = new VisionTower(runtime, await Projector.load(runtime, files.projectorPath!, facts!, () => {}, never))
})
afterAll(() => {
  tower[Symbol.dispose]()
  folder.remove()
})
beforeEach(() => void vi.restoreAllMocks())

const frame = (n: number) => ({ path: golden('images', `v5_${n}.png`) })
const video = (...frames: number[]): Promise<Media> =>
  measureMedia(
    { type: 'video', frames: frames.map(frame), minPixels: BUDGET.minPixels, maxPixels: BUDGET.maxPixels },
    BUDGET,
    visionOf('qwen2vl'),
  )
let caches = 0
const encoderWith = (cache = new EmbeddingCache(null, '')): MediaEncoder => new MediaEncoder(tower, cache)

test('a video that was stopped after a pair of frames is gone on with, and is the same as in one go', async () => {
  const media = await video(0, 1, 2, 3, 4)
  const whole = await encoderWith().encode(media, never)
  const stopped = encoderWith()
  const stop = new Error('enough')
  await expect(
    stopped.encode(media, never, {
      onSlice: () => {
        throw stop
      },
    }),
  ).rejects.toBe(stop)
  const encode = vi.spyOn(tower, 'encode')
  const done: number[] = []
  expect(await stopped.encode(media, never, { onSlice: (slices) => done.push(slices) })).toEqual(whole)
  expect(encode).toHaveBeenCalledTimes(2)
  expect(done).toEqual([1, 2])
})

test('pairs of frames that another video has too, at other times, are not encoded again', async () => {
  const encoder = encoderWith()
  const first = await encoder.encode(await video(0, 1, 2, 3), never)
  const encode = vi.spyOn(tower, 'encode')
  const told = vi.fn()
  encoder.onEncoded = told
  const signs: boolean[] = []
  encoder.onEncoding = (goesOn) => signs.push(goesOn)
  const second = await encoder.encode(await video(2, 3, 2, 3), never)
  expect(encode).not.toHaveBeenCalled()
  expect(told).not.toHaveBeenCalled()
  expect(second.subarray(0, second.length / 2)).toEqual(first.subarray(first.length / 2))
  await encoder.encode(await video(3, 2), never)
  expect(encode, 'the order within a pair counts').toHaveBeenCalledTimes(1)
  expect(signs, 'the processor encoded one').toEqual([true, false])
  expect(told).toHaveBeenCalledTimes(1)
  await encoder.encode(await measureMedia({ type: 'image', source: frame(2) }, BUDGET, visionOf('qwen2vl')), never)
  expect(encode, 'a still picture is no pair of frames').toHaveBeenCalledTimes(2)
})

/** The tower, telling these shares of each slice. */
const telling = (...shares: readonly number[]): SliceEncoder => ({
  projector: tower.projector,
  async encode(frames, signal, onProgress) {
    for (const share of shares) onProgress?.(share)
    return tower.encode(frames, signal)
  },
})

test('how much of each pair of frames is done is told in steps of a hundredth', async () => {
  const heard: string[] = []
  const encoder = new MediaEncoder(telling(0.001, 0.5, 0.505, 1), new EmbeddingCache(null, ''))
  await encoder.encode(await video(0, 1, 2, 3), never, {
    onSlice: (done) => heard.push(`${done}`),
    onShare: (done, share) => heard.push(`${done}+${share}`),
  })
  expect(heard).toEqual(['0+0.5', '0+1', '1', '1+0.5', '1+1'])
})

test('a stop is told to the tower and to who waits at once, though the tower is not at its end; nothing is told after it', async () => {
  const stop = new AbortController()
  const begun = Promise.withResolvers<AbortSignal>()
  const end = Promise.withResolvers<Float32Array>()
  let tell = (_: number): void => {}
  const stubborn: SliceEncoder = {
    projector: tower.projector,
    encode: (_, signal, onProgress) => {
      tell = onProgress!
      begun.resolve(signal)
      return end.promise
    },
  }
  const encoder = new MediaEncoder(stubborn, new EmbeddingCache(null, ''))
  const shares: number[] = []
  const encoded = encoder.encode(await video(0, 1), stop.signal, { onShare: (_, share) => shares.push(share) })
  const signal = await begun.promise
  tell(0.25)
  stop.abort(new Error('stopped'))
  await expect(encoded).rejects.toThrow('stopped')
  expect(signal.aborted).toBe(true)
  tell(0.5)
  let rested = false
  const rest = encoder.rest().then(() => (rested = true))
  await Promise.resolve()
  expect(rested).toBe(false)
  end.resolve(new Float32Array(0))
  await rest
  expect(shares).toEqual([0.25])
})

test('slices that were encoded are on the disk for the next start', async () => {
  const path = `${folder.path}/${caches++}`
  const open = () => encoderWith(new EmbeddingCache(new DiskCache(path, 2 ** 20), 'projector'))
  const media = await video(0, 1, 2, 3)
  const whole = await open().encode(media, never)
  const encode = vi.spyOn(tower, 'encode')
  expect(await open().encode(media, never)).toEqual(whole)
  expect(encode).not.toHaveBeenCalled()
})

test('what was kept on the disk of media that are removed goes by their digests, while no process runs, and nothing else', async () => {
  const cachePath = `${folder.path}/${caches++}`
  const path = embeddingsFolder(cachePath)
  const encoder = encoderWith(new EmbeddingCache(new DiskCache(path, 2 ** 20), 'projector'))
  const named = (n: number, digest: string) => ({ ...frame(n), digest })
  const measured = (part: MediaSource) => measureMedia(part, BUDGET, visionOf('qwen2vl'))
  await encoder.encode(await measured({ type: 'image', source: named(0, 'kept') }), never)
  const kept = readdirSync(path)
  const media: MediaSource[] = [
    { type: 'image', source: named(1, 'picture') },
    { type: 'video', frames: [named(0, 'set:0'), named(1, 'set:1')] },
    { type: 'video', frames: [named(0, 'kept'), named(2, 'other')] },
  ]
  for (const part of media) await encoder.encode(await measured(part), never)
  mkdirSync(join(cachePath, 'embeddings'))
  writeFileSync(join(cachePath, 'embeddings', 'of an earlier version.bin'), 'numbers')
  expect(readdirSync(path)).toHaveLength(4)
  const engine = createEngine({ spawn: () => expect.fail('no process is needed'), cachePath })
  await engine.forgetMedia([])
  expect(readdirSync(path)).toHaveLength(4)
  await engine.forgetMedia(['picture', 'set', 'other'])
  expect(readdirSync(path)).toEqual(kept)
  expect(readdirSync(cachePath)).toEqual(['encoded'])
})
