import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeGguf } from '../../bench/synthetic/ggufWriter.ts'
import { projector, qwen35Large, qwen3vl2b, textModel } from '../../bench/synthetic/modelFiles.ts'
import { Random } from '../../bench/synthetic/weights.ts'
import type { Weights } from '../../bench/synthetic/weights.ts'
import { forkWorker } from '../../nodePorts.ts'
import { answered, requestOf, user } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { tensorTypes } from '../gguf/tensorTypes.ts'
import { createEngine } from '../index.ts'
import type { ChatPart } from '../index.ts'

/** Qwen3-VL as narrow as the blocks of 256 numbers allow. */
const shape = {
  ...qwen3vl2b,
  text: { ...qwen3vl2b.text, blocks: 4, width: 256, heads: 4, kvHeads: 2, headLength: 128, feedForward: 512 },
  vision: { blocks: 4, width: 64, heads: 2, feedForward: 96, deep: { blocks: [0, 1, 3], positionSide: 8 } },
}
/** The same of Qwen3.5: its matrices before recurrent states are quantized too. */
const hybrid = {
  ...qwen35Large,
  text: {
    ...qwen35Large.text,
    ...{ blocks: 4, width: 256, heads: 4, kvHeads: 2, feedForward: 512, normalTokens: 4000, vocabularySize: 4096 },
    recurrent: { interval: 4, kernel: 4, headLength: 64, keyHeads: 2, valueHeads: 4 },
  },
  vision: { blocks: 4, width: 64, heads: 2, feedForward: 96, deep: { blocks: [], positionSide: 8 } },
}
const small = { ...shape, text: { ...shape.text, normalTokens: 4000, vocabularySize: 4096 } }

/** Where a block has its scale as f16, by type; IQ1_M has it in the upper quarters of its last four words. */
const scales: Readonly<Record<string, number>> = {
  Q2_K: 80,
  Q3_K: 108,
  Q4_K: 0,
  Q5_K: 0,
  Q6_K: 208,
  IQ1_S: 0,
  IQ2_XXS: 0,
  IQ2_XS: 0,
  IQ2_S: 0,
  IQ3_XXS: 0,
  IQ3_S: 0,
  IQ4_NL: 0,
  IQ4_XS: 0,
}
const IQ1_M_SCALES = 48
/** 2^-10 and zero as f16. */
const SCALE = 0x1400
const ZERO = 0

/** Blocks of random bits with a small scale. */
function randomBlocks(name: string): Weights {
  const format = [...tensorTypes.values()].find((type) => type.name === name)!
  const random = new Random(20_261_130)
  return {
    format,
    fill(bytes, blocks) {
      random.fill(new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2))
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (let at = 0; at < blocks * format.blockBytes; at += format.blockBytes) {
        if (name === 'IQ1_M')
          for (let i = 0; i < 4; i++) {
            const place = at + IQ1_M_SCALES + 2 * i
            view.setUint16(place, (view.getUint16(place, true) & 0x0fff) | (((SCALE >> (4 * i)) & 15) << 12), true)
          }
        else view.setUint16(at + scales[name]!, SCALE, true)
        // minima would be added to every number
        if (name === 'Q2_K') view.setUint16(at + 82, ZERO, true)
        if (name === 'Q4_K' || name === 'Q5_K') view.setUint16(at + 2, ZERO, true)
      }
    },
  }
}

const folder = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: folder.path })
const projectorOf = ({ id }: { readonly id: string }) => join(folder.path, `${id}-mmproj.gguf`)
let picture: ChatPart
beforeAll(async () => {
  for (const shape of [small, hybrid]) await writeGguf(projectorOf(shape), projector(shape))
  const bytes = await sharp({ create: { width: 64, height: 96, channels: 3, background: '#a33' } })
    .png()
    .toBuffer()
  picture = { type: 'image', source: { name: 'a.png', bytes } }
})
afterAll(async () => {
  await engine.close()
  folder.remove()
})

const types = [...Object.keys(scales), 'IQ1_M']
/** Whether a tensor of a block is a matrix that is multiplied, and so may be quantized. */
const isMatrix = ({ name, dims }: { readonly name: string; readonly dims: readonly number[] }) =>
  name.startsWith('blk.') && dims.length === 2 && !name.includes('ssm_conv1d')

test.each([...types.map((type) => [type, small] as const), ...types.map((type) => [type, hybrid] as const)])(
  'a language model of %s blocks loads and answers: $1.id',
  async (type, shape) => {
    const file = textModel(shape)
    const tensors = file.tensors.map((tensor) =>
      isMatrix(tensor) ? { ...tensor, weights: randomBlocks(type) } : tensor,
    )
    const textPath = join(folder.path, `${shape.id}-${type}.gguf`)
    const projectorPath = projectorOf(shape)
    await writeGguf(textPath, { ...file, tensors })
    const { result } = await answered(
      engine,
      requestOf([user(picture, 'What is it?')], {
        model: { textPath, projectorPath },
        budget: { minPixels: 4096, maxPixels: 65_536 },
        contextTokens: 512,
        maxTokens: 4,
        ignoreEos: true,
      }),
    )
    expect(result.tokens).toHaveLength(4)
    expect(result.usage.promptTokens).toBeGreaterThan(6)
  },
)
