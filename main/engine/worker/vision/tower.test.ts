import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { visionOf } from '../../../lib/families/families.ts'
import { tokenPixels } from '../../../lib/families/family.ts'
import {
  families,
  golden,
  goldenFloats,
  goldenJson,
  goldenModel,
  pictureFolder,
} from '../../../testing/engineGoldens.ts'
import type { Family } from '../../../testing/engineGoldens.ts'
import { inspectModel } from '../../gguf/inspectModel.ts'
import type { ProjectorFacts } from '../../gguf/checkProjector.ts'
import { createRuntime } from '../native/runtime.ts'
import { onnxRuntime } from '../onnx/runtime.ts'
import { measureMedia } from './media.ts'
import type { Frame } from './patches.ts'
import { OnnxTower } from './onnxTower.ts'
import { allIn } from './onnxTowerModels.ts'
import type { Tower } from './towerInterface.ts'
import { Projector } from './projector.ts'
import { VisionTower } from './tower.ts'

/** Largest difference to the reference's own float32; its eager and fused attention differ by up to 1.4e-5, values reach 6. */
const MAX_ERROR = 1e-4
/** The same where values go through mergers within the tower too; 1.04e-4 was seen, the reference's own differ by 2e-5. */
const MAX_DEEP_ERROR = 1.5e-4

interface Vision {
  readonly images: readonly {
    readonly image: string
    readonly min_pixels?: number
    readonly max_pixels?: number
    readonly embeddings: { readonly file: string }
  }[]
  readonly videos: readonly {
    /** Either the frames, or the name under which preprocess.json tells of them. */
    readonly frames?: readonly string[]
    readonly pixel_values_videos?: string
    readonly embeddings: { readonly file: string }
  }[]
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

/** A picture of one of the two families of the same sizes, as the reference's resize left it. */
function resized(image: string): Frame {
  const { resized_height_width, resized_rgb } = preprocess.images.find((found) => found.image === image)!
  const [height, width] = resized_height_width
  return { data: readFileSync(golden('common', resized_rgb.file)), width, height }
}

/** A picture as this program resizes it for the family. */
async function measured(family: Family, { image, min_pixels, max_pixels }: Vision['images'][number]): Promise<Frame> {
  // the reference dropped the alpha of two pictures, which this program blends over white
  const opaque = golden(pictureFolder(family), `resized_${image.at(-5)}.rgb.bin`)
  const media = await measureMedia(
    {
      type: 'image',
      source: { path: golden(pictureFolder(family), image) },
      minPixels: min_pixels,
      maxPixels: max_pixels,
    },
    visionOf(family),
    visionOf(family),
  )
  const [frame] = await media.frames(0)
  return existsSync(opaque) ? { ...frame, data: readFileSync(opaque) } : frame
}

/** So many tokens of noise. */
function noise(family: Family, columns: number, rows: number): Frame {
  const side = tokenPixels(visionOf(family))
  const [width, height] = [columns * side, rows * side]
  return { data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) % 251), width, height }
}

function maxError(found: Float32Array, expected: Float32Array): number {
  expect(found.length).toBe(expected.length)
  return found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0)
}

/** Both ways to compute a tower, in single precision. */
const libraries = {
  'llama.cpp': async (path: string, facts: ProjectorFacts) =>
    new VisionTower(runtime, await Projector.load(runtime, path, facts, () => {}, never)),
  'ONNX Runtime': (path: string, facts: ProjectorFacts) =>
    OnnxTower.load(runtime, onnxRuntime()!, path, facts, exactly(facts), () => {}, never),
}
const exactly = ({ blocks }: ProjectorFacts) => Array.from({ length: blocks }, () => allIn('f32'))
const cases = families.flatMap((family) =>
  Object.entries(libraries).map(([library, load]) => ({ family, library, load })),
)

describe.each(cases)('$family embeddings by $library are those of the reference', ({ family, load }) => {
  const { images, videos } = goldenJson<Vision>(family, 'vision.json')
  const { isDeep } = visionOf(family)
  const maxDifference = isDeep ? MAX_DEEP_ERROR : MAX_ERROR
  let tower: Tower
  beforeAll(async () => {
    const files = goldenModel(family)
    const { projector: facts } = await inspectModel(files)
    runtime.fitThreads(facts!.bytes)
    tower = await load(files.projectorPath!, facts!)
  })
  afterAll(() => tower[Symbol.dispose]())

  test.each(images)('$image', async (picture) => {
    const frame = isDeep ? await measured(family, picture) : resized(picture.image)
    const expected = goldenFloats(family, 'vision', picture.embeddings.file)
    expect(maxError(await tower.encode([frame], never), expected)).toBeLessThan(maxDifference)
  })

  test.each(videos)('$embeddings.file', async ({ frames, pixel_values_videos, embeddings }) => {
    const video = preprocess.videos.find((found) => pixel_values_videos?.endsWith(found.pixel_values_videos.file))
    const paths = frames
      ? frames.map((frame) => golden(pictureFolder(family), frame))
      : video!.frames.map((frame) => golden(frame))
    const media = await measureMedia(
      {
        type: 'video',
        frames: paths.map((path) => ({ path })),
        ...(video && { minPixels: video.min_pixels, maxPixels: video.max_pixels }),
      },
      isDeep ? visionOf(family) : { minPixels: 784, maxPixels: 784 },
      visionOf(family),
    )
    const expected = goldenFloats(family, 'vision', embeddings.file)
    const length = expected.length / media.grid.times
    for (let t = 0; t < media.grid.times; t++) {
      const found = await tower.encode(await media.frames(t), never)
      expect(maxError(found, expected.subarray(t * length, (t + 1) * length))).toBeLessThan(maxDifference)
    }
  })

  test('a still picture is two equal frames', async () => {
    const frame = noise(family, 5, 3)
    expect(await tower.encode([frame, frame], never)).toEqual(await tower.encode([frame], never))
  })

  test('an abort before it starts gives its reason and leaves the tower usable', async () => {
    const frame = noise(family, 2, 2)
    await expect(tower.encode([frame], AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
    expect((await tower.encode([frame], never)).length).toBeGreaterThan(0)
  })
})

describe.each(families)('%s by llama.cpp', (family: Family) => {
  test('an abort ends the computation at hand and leaves the tower usable', async () => {
    const large = noise(family, 50, 50)
    const abort = new AbortController()
    let status: Promise<number> | null = null
    const graphCompute: typeof runtime.ggml.graphCompute = (...args) => {
      status = runtime.ggml.graphCompute(...args)
      abort.abort(new Error('enough'))
      runtime.abort.set(true)
      return status
    }
    const { projectorPath } = goldenModel(family)
    const { projector: facts } = await inspectModel(goldenModel(family))
    using projector = await Projector.load(runtime, projectorPath!, facts!, () => {}, never)
    const watched = new VisionTower({ ...runtime, ggml: { ...runtime.ggml, graphCompute } }, projector)
    await expect(watched.encode([large], abort.signal)).rejects.toThrow('enough')
    expect(await status).toBe(GGML_STATUS_ABORTED)
    runtime.abort.set(false)
    const tower = new VisionTower(runtime, projector)
    expect((await tower.encode([noise(family, 2, 2)], never)).length).toBeGreaterThan(0)
  })
})
