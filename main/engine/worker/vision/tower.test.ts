import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { visionOf } from '../../../lib/families/families.ts'
import { families, golden, goldenFloats, goldenJson, goldenModel } from '../../../testing/engineGoldens.ts'
import type { Family } from '../../../testing/engineGoldens.ts'
import { inspectModel } from '../../gguf/inspectModel.ts'
import { createRuntime } from '../native/runtime.ts'
import { measureMedia } from './media.ts'
import type { Frame } from './patches.ts'
import { Projector } from './projector.ts'
import { VisionTower } from './tower.ts'

/** Largest difference to the reference's own float32; its eager and fused attention differ by up to 1.4e-5, values reach 6. */
const MAX_ERROR = 1e-4

interface Vision {
  readonly images: readonly { readonly image: string; readonly embeddings: { readonly file: string } }[]
  readonly videos: readonly { readonly pixel_values_videos: string; readonly embeddings: { readonly file: string } }[]
}
interface Preprocess {
  readonly images: readonly {
    readonly image: string
    readonly resized_height_width: readonly [number, number]
    readonly resized_rgb: { readonly file: string }
  }[]
  readonly videos: readonly {
    readonly frames: readonly string[]
    readonly min_pixels: number
    readonly max_pixels: number
    readonly pixel_values_videos: { readonly file: string }
  }[]
}

const preprocess = goldenJson<Preprocess>('common', 'preprocess.json')
const runtime = createRuntime()
const GGML_STATUS_ABORTED = 1
const never = new AbortController().signal

function resized(image: string): Frame {
  const { resized_height_width, resized_rgb } = preprocess.images.find((found) => found.image === image)!
  const [height, width] = resized_height_width
  return { data: readFileSync(golden('common', resized_rgb.file)), width, height }
}

function maxError(found: Float32Array, expected: Float32Array): number {
  expect(found.length).toBe(expected.length)
  return found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0)
}

describe.each(families)('%s embeddings are those of the reference', (family: Family) => {
  const { images, videos } = goldenJson<Vision>(family, 'vision.json')
  let projector: Projector
  let tower: VisionTower
  beforeAll(async () => {
    const files = goldenModel(family)
    const { projector: facts } = await inspectModel(files)
    runtime.fitThreads(facts!.bytes)
    projector = await Projector.load(runtime, files.projectorPath!, facts!, () => {}, never)
    tower = new VisionTower(runtime, projector)
  })
  afterAll(() => projector[Symbol.dispose]())

  test.each(images)('$image', async ({ image, embeddings }) => {
    const found = await tower.encode([resized(image)], never)
    expect(maxError(found, goldenFloats(family, 'vision', embeddings.file))).toBeLessThan(MAX_ERROR)
  })

  test.each(videos)('$pixel_values_videos', async ({ pixel_values_videos, embeddings }) => {
    const video = preprocess.videos.find((found) => pixel_values_videos.endsWith(found.pixel_values_videos.file))!
    const media = await measureMedia(
      {
        type: 'video',
        frames: video.frames.map((frame) => ({ path: golden(frame) })),
        minPixels: video.min_pixels,
        maxPixels: video.max_pixels,
      },
      { minPixels: 784, maxPixels: 784 },
      visionOf('qwen2vl'),
    )
    const expected = goldenFloats(family, 'vision', embeddings.file)
    const length = expected.length / media.grid.times
    for (let t = 0; t < media.grid.times; t++) {
      const found = await tower.encode(await media.frames(t), never)
      expect(maxError(found, expected.subarray(t * length, (t + 1) * length))).toBeLessThan(MAX_ERROR)
    }
  })

  test('a still picture is two equal frames', async () => {
    const frame = resized('images/img_f.png')
    expect(await tower.encode([frame, frame], never)).toEqual(await tower.encode([frame], never))
  })

  test('an abort ends the computation at hand and leaves the tower usable', async () => {
    const large = { data: new Uint8Array(1400 * 1400 * 3), width: 1400, height: 1400 }
    const abort = new AbortController()
    let status: Promise<number> | null = null
    const graphCompute: typeof runtime.ggml.graphCompute = (...args) => {
      status = runtime.ggml.graphCompute(...args)
      abort.abort(new Error('enough'))
      runtime.abort.set(true)
      return status
    }
    const watched = new VisionTower({ ...runtime, ggml: { ...runtime.ggml, graphCompute } }, projector)
    await expect(watched.encode([large], abort.signal)).rejects.toThrow('enough')
    expect(await status).toBe(GGML_STATUS_ABORTED)
    runtime.abort.set(false)
    expect((await tower.encode([resized('images/img_a.png')], never)).length).toBeGreaterThan(0)
  })

  test('an abort before it starts gives its reason and leaves the tower usable', async () => {
    const frame = resized('images/img_a.png')
    await expect(tower.encode([frame], AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
    expect((await tower.encode([frame], never)).length).toBeGreaterThan(0)
  })
})
