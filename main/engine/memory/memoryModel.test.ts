import { truncateSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { layOut } from '../../bench/synthetic/ggufWriter.ts'
import type { GgufFile, Tensor } from '../../bench/synthetic/ggufWriter.ts'
import {
  projector as projectorFile,
  qwen2vl2b,
  qwen35Large,
  qwen3vl2b,
  textModel,
} from '../../bench/synthetic/modelFiles.ts'
import { visionOf } from '../../lib/families/families.ts'
import { tokenPixels } from '../../lib/families/family.ts'
import { families, goldenModel } from '../../testing/engineGoldens.ts'
import { demoModel } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { inspectModel } from '../gguf/inspectModel.ts'
import type { ModelFiles } from '../types.ts'
import { LanguageModel } from '../worker/language/languageModel.ts'
import { NativeContext } from '../worker/language/nativeContext.ts'
import { createRuntime } from '../worker/native/runtime.ts'
import type { Frame } from '../worker/vision/patches.ts'
import { Projector } from '../worker/vision/projector.ts'
import { VisionTower } from '../worker/vision/tower.ts'
import { recurrentStateBytes } from './checkpoints.ts'
import {
  MIB,
  computeBytes,
  isRewritten,
  kvLayerBytes,
  patchesOf,
  pictureGraphBytes,
  rewrittenPictureBytes,
  towerBytes,
} from './memoryModel.ts'

const TOLERANCE = 0.15
const runtime = createRuntime()
const never = new AbortController().signal
const folder = tempFolder()
afterAll(() => folder.remove())

/** A file of the right shape whose weights are all zero, and on most file systems no bytes at all. */
function zeros(name: string, file: GgufFile): string {
  const path = join(folder.path, name)
  const { header, bytes } = layOut(file)
  writeFileSync(path, header)
  truncateSync(path, bytes)
  return path
}

/** The shape of the 2B models with a few blocks: their number does not change the scratch memory. */
const shape2b = { ...qwen2vl2b, text: { ...qwen2vl2b.text, blocks: 2 }, vision: { ...qwen2vl2b.vision, blocks: 2 } }

/** The vision tower of Qwen2.5-VL: other norms, a third matrix, windows. */
function qwen25(file: GgufFile): GgufFile {
  return {
    metadata: {
      ...file.metadata,
      'clip.projector_type': { text: 'qwen2.5vl_merger' },
      'clip.vision.n_wa_pattern': { u32: 2 },
    },
    tensors: file.tensors
      .filter(({ name }) => !/(ln1|ln2|post_ln)\.bias$/.test(name))
      .flatMap((tensor) =>
        tensor.name.includes('ffn_up')
          ? [tensor, { ...tensor, name: tensor.name.replace('ffn_up', 'ffn_gate') }]
          : [tensor],
      ),
  }
}

const models: Record<string, () => ModelFiles> = {
  demo: () => demoModel,
  ...Object.fromEntries(families.map((family) => [family, () => goldenModel(family)])),
  'a model as wide as the 2B': () => ({
    textPath: zeros('text.gguf', textModel(shape2b)),
    projectorPath: zeros('mmproj.gguf', projectorFile(shape2b)),
  }),
}

/** The same of Qwen3-VL, with one block whose output goes into the language model for each of the real ones. */
const shape3 = {
  ...qwen3vl2b,
  text: { ...qwen3vl2b.text, blocks: 3 },
  vision: { ...qwen3vl2b.vision, blocks: 4, deep: { ...qwen3vl2b.vision.deep!, blocks: [1, 2, 3] } },
}
models['a model as wide as Qwen3-VL 2B'] = () => ({
  textPath: zeros('text3.gguf', textModel(shape3)),
  projectorPath: zeros('mmproj3.gguf', projectorFile(shape3)),
})

/** The same of Qwen3.5, with each kind of block. */
const shape35 = {
  ...qwen35Large,
  text: { ...qwen35Large.text, blocks: 4 },
  vision: { ...qwen35Large.vision, blocks: 2 },
}
models['a model as wide as Qwen3.5 4B'] = () => ({
  textPath: zeros('text35.gguf', textModel(shape35)),
  projectorPath: zeros('mmproj35.gguf', projectorFile(shape35)),
})

describe.each(Object.entries(models))('%s', (_name, filesOf) => {
  let files: ModelFiles
  let model: LanguageModel
  beforeAll(async () => {
    files = filesOf()
    model = await LanguageModel.load(runtime, files.textPath, (await inspectModel(files)).text, () => {}, never)
  })
  afterAll(() => model[Symbol.asyncDispose]())

  test.each([
    [1024, 'f16', 'auto'],
    [4096, 'f16', 'auto'],
    [4096, 'f32', 'off'],
    [2048, 'q8_0', 'on'],
  ] as const)('a context of %i tokens in %s, flash attention %s', async (contextTokens, kvType, flashAttention) => {
    const context = await NativeContext.create(runtime, model, contextTokens, { kvType, flashAttention })
    const logged = (what: string) =>
      Number(new RegExp(`CPU ${what} buffer size = +([\\d.]+) MiB`).exec(runtime.log.text())![1]) * MIB
    try {
      // the log rounds to a hundredth of a MiB
      const { blocks, recurrent } = model.facts
      const withKeys = recurrent ? recurrent.isRecurrent.filter((is) => !is).length : blocks
      expect(Math.abs(kvLayerBytes(model.facts, contextTokens, kvType) * withKeys - logged('KV'))).toBeLessThanOrEqual(
        0.005 * MIB,
      )
      // of a sequence, and of the one through which it is copied
      if (recurrent)
        expect(Math.abs(2 * recurrentStateBytes(recurrent) - logged('RS'))).toBeLessThanOrEqual(0.005 * MIB)
      expectNear(computeBytes(model.facts, contextTokens, flashAttention !== 'off'), logged('compute'))
    } finally {
      await context.free()
    }
  })

  test('the vision graph of pictures and frames of several sizes', async () => {
    await expectPictures(files)
  })
})

test('the vision graph of a tower as wide as the one of Qwen2.5-VL', async () => {
  const shape = { ...shape2b, name: 'Synthetic Qwen2.5-VL', vision: { ...shape2b.vision, feedForward: 3420 } }
  await expectPictures({
    textPath: zeros('text25.gguf', textModel(shape)),
    projectorPath: zeros('mmproj25.gguf', qwen25(projectorFile(shape))),
  })
})

describe('a projector in the processor’s memory', () => {
  const Q8_0 = { id: 8, blockElements: 32, blockBytes: 34 }
  const inspected = async (name: string, change: (tensor: Tensor) => Tensor = (tensor) => tensor) => {
    const file = projectorFile(shape2b)
    const projectorPath = zeros(`${name}.gguf`, { ...file, tensors: file.tensors.map(change) })
    return (await inspectModel({ textPath: zeros(`${name}-text.gguf`, textModel(shape2b)), projectorPath })).projector!
  }

  test('has its matrices in what the choice computes with, and the rest as in its file', async () => {
    const facts = await inspected('half')
    const { blocks, embeddingLength: width, ffnLength, outputLength } = facts
    const merged = 4 * width
    const numbers = blocks * (4 * width ** 2 + 2 * width * ffnLength) + merged * (merged + outputLength)
    expect(facts.matrices).toEqual({ numbers, bytes: 2 * numbers })
    const rest = facts.bytes - 2 * numbers
    expect(isRewritten(facts)).toBe(true)
    expect(towerBytes(facts, 'exact')).toBe(rest + 4 * numbers)
    for (const setting of ['balanced', 'fastest'] as const)
      expect(towerBytes(facts, setting)).toBeCloseTo(rest + 1.1 * numbers, 0)
    for (const [setting, vectors] of [
      ['exact', 3.5],
      ['balanced', 3],
      ['fastest', 3],
    ] as const) {
      const of = (patches: number) => rewrittenPictureBytes(facts, patches, setting)
      expect(of(1024) - of(0)).toBe(1024 * vectors * width * 4)
      expect(of(0)).toBe(64 * MIB)
    }
  })

  test('is as in its file where a matrix is quantized, and where it is small', async () => {
    const small = (await inspectModel(goldenModel('qwen2vl'))).projector!
    expect(small.matrices.numbers).toBeGreaterThan(0)
    const quantized = await inspected('quantized', (tensor) =>
      tensor.name === 'v.blk.0.ffn_up.weight' ? { ...tensor, weights: { ...tensor.weights, format: Q8_0 } } : tensor,
    )
    expect(quantized.matrices).toEqual({ numbers: 0, bytes: 0 })
    for (const facts of [small, quantized]) {
      expect(isRewritten(facts)).toBe(false)
      for (const setting of ['exact', 'balanced', 'fastest'] as const)
        expect(towerBytes(facts, setting)).toBe(facts.bytes)
    }
  })
})

test('a picture that needs more than is free is refused with its size before memory is taken', async () => {
  const facts = (await inspectModel(demoModel)).projector!
  const projector = await Projector.load(runtime, demoModel.projectorPath!, facts, () => {}, never)
  const free = vi.spyOn(process, 'availableMemory')
  vi.spyOn(os, 'totalmem').mockReturnValue(0)
  try {
    const tower = new VisionTower(runtime, projector)
    const frame: Frame = { data: new Uint8Array(448 * 448 * 3), width: 448, height: 448 }
    const needed = pictureGraphBytes(facts, patchesOf(448 * 448, facts.family))
    free.mockReturnValue(needed - 1)
    await expect(tower.encode([frame], never)).rejects.toMatchObject({
      code: 'OutOfMemory',
      detail: { width: 448, height: 448 },
    })
    free.mockReturnValue(needed)
    expect((await tower.encode([frame], never)).length).toBe(256 * facts.outputLength)
  } finally {
    vi.restoreAllMocks()
    projector[Symbol.dispose]()
  }
})

async function expectPictures(files: ModelFiles): Promise<void> {
  const facts = (await inspectModel(files)).projector!
  let found = 0
  const { ggml } = runtime
  const measuring = {
    ...runtime,
    ggml: {
      ...ggml,
      gallocrAllocGraph: async (...[allocator, graph]: Parameters<typeof ggml.gallocrAllocGraph>) => {
        const done = await ggml.gallocrAllocGraph(allocator, graph)
        found = ggml.gallocrBufferSize(allocator, 0)
        return done
      },
      // nothing is computed: what lies in the memory does not matter
      graphCompute: async () => 0,
      tensorGet: () => {},
    },
  }
  const projector = await Projector.load(runtime, files.projectorPath!, facts, () => {}, never, 'plain')
  try {
    const tower = new VisionTower(measuring, projector)
    const token = tokenPixels(visionOf(facts.family))
    for (const [columns, rows] of [
      [2, 2],
      [16, 16],
      [24, 36],
    ] as const)
      for (const slots of [1, 2] as const) {
        const [width, height] = [columns * token, rows * token]
        const frame: Frame = { data: new Uint8Array(width * height * 3), width, height }
        await tower.encode(slots === 1 ? [frame] : [frame, frame], never)
        expectNear(pictureGraphBytes(facts, patchesOf(width * height, facts.family), slots), found)
      }
  } finally {
    projector[Symbol.dispose]()
  }
}

function expectNear(estimate: number, actual: number): void {
  expect(Math.abs(estimate / actual - 1), `estimated ${estimate}, took ${actual} bytes`).toBeLessThan(TOLERANCE)
}
