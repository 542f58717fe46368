import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { forkWorker } from '../../nodePorts.ts'
import { goldenCases, goldenModel, goldenRequest } from '../../testing/engineGoldens.ts'
import { answered } from '../../testing/engineRequests.ts'
import { bool, list, readGguf, string, u32, withEntries, writeGguf } from '../../testing/ggufEdit.ts'
import type { EditedFile, Entry } from '../../testing/ggufEdit.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'
import { inspectModel } from './inspectModel.ts'

const folder = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: join(folder.path, 'cache') })
afterAll(async () => {
  await engine.close()
  folder.remove()
})

const dense = readGguf(readFileSync(goldenModel('qwen35').textPath))
const mixture = readGguf(readFileSync(goldenModel('qwen35moe').textPath))
let files = 0
function put(file: EditedFile): string {
  const path = join(folder.path, `${files++}.gguf`)
  writeFileSync(path, writeGguf(file))
  return path
}
const factsOf = async (file: EditedFile) => (await inspectModel({ textPath: put(file), projectorPath: null })).text
const changed = (changes: Readonly<Record<string, Entry | undefined>>) => factsOf(withEntries(dense, changes))
const [textOnly] = goldenCases('qwen35') as [ReturnType<typeof goldenCases>[number]]
/** The tokens that a changed file of the dense model answers with. */
async function answerOf(file: EditedFile): Promise<readonly number[]> {
  const model = { textPath: put(file), projectorPath: null }
  return (await answered(engine, { ...(await goldenRequest('qwen35', textOnly)), model })).result.tokens
}

describe('a hybrid model', () => {
  test('tells which of its blocks have a state, and its sizes', async () => {
    expect(await changed({})).toMatchObject({
      architecture: 'qwen35',
      family: 'qwen35',
      blocks: 8,
      headDim: 64,
      deepstackLayers: 0,
      splitting: 'qwen35',
      lacksSplitting: false,
      recurrent: {
        isRecurrent: [true, true, true, false, true, true, true, false],
        ...{ kernel: 4, headLength: 32, keyHeads: 2, valueHeads: 4 },
      },
    })
    expect(await factsOf(mixture)).toMatchObject({
      architecture: 'qwen35moe',
      family: 'qwen35',
      feedForwardLength: 2 * 32 + 64,
      experts: { count: 8, used: 2, feedForwardLength: 32, sharedLength: 64 },
    })
  })

  test('says by its interval which blocks have attention, where it has no list; without both it is each fourth', async () => {
    const { recurrent } = await changed({})
    for (const interval of [u32(4), undefined]) {
      const file = withEntries(dense, {
        'qwen35.attention.recurrent_layers': undefined,
        'qwen35.full_attention_interval': interval,
      })
      expect((await factsOf(file)).recurrent).toEqual(recurrent)
      expect(await answerOf(file)).toEqual(textOnly.greedy)
    }
  })

  test('that does not name its way of splitting is told it, so that its tokens stay the same', async () => {
    for (const named of [undefined, string('default'), string('qwen2')]) {
      const file = withEntries(dense, { 'tokenizer.ggml.pre': named })
      expect(await factsOf(file)).toMatchObject({ splitting: 'qwen35', lacksSplitting: true })
      expect(await answerOf(file)).toEqual(textOnly.greedy)
    }
  })

  test('with a block behind it that guesses tokens ahead answers as without', async () => {
    const last = dense.tensors.filter(({ name }) => name.startsWith('blk.7.'))
    const floats = (values: number, dims: readonly number[], name: string) => ({
      name: `blk.8.nextn.${name}.weight`,
      dims,
      type: 0,
      bytes: Buffer.alloc(values * 4),
    })
    const file = {
      ...withEntries(dense, {
        'qwen35.block_count': u32(9),
        'qwen35.nextn_predict_layers': u32(1),
        'qwen35.attention.recurrent_layers': list('bool', [true, true, true, false, true, true, true, false, false]),
      }),
      tensors: [
        ...dense.tensors,
        ...last.map((tensor) => ({ ...tensor, name: tensor.name.replace('blk.7.', 'blk.8.') })),
        floats(192 * 96, [192, 96], 'eh_proj'),
        floats(96, [96], 'enorm'),
        floats(96, [96], 'hnorm'),
      ],
    }
    expect(await factsOf(file)).toMatchObject({ blocks: 8 })
    expect(await answerOf(file)).toEqual(textOnly.greedy)
  })
})

describe('a hybrid model is refused', () => {
  const without = (name: string): EditedFile => ({
    ...dense,
    tensors: dense.tensors.filter((tensor) => tensor.name !== name),
  })
  test.each<[string, Record<string, Entry | undefined>, RegExp]>([
    ['without its sizes', { 'qwen35.ssm.state_size': undefined }, /qwen35\.ssm\.state_size is missing/],
    ['whose heads do not fit its width', { 'qwen35.ssm.inner_size': u32(96) }, /2 key and 4 value heads of 32/],
    ['whose value heads do not share its key heads', { 'qwen35.ssm.group_count': u32(3) }, /3 key and 4 value heads/],
    ['without a kernel', { 'qwen35.ssm.conv_kernel': u32(0) }, /qwen35\.ssm\.conv_kernel is 0/],
    ['whose list of blocks is too short', { 'qwen35.attention.recurrent_layers': list('bool', [true]) }, /list of 8/],
    ['whose list is none', { 'qwen35.attention.recurrent_layers': bool(true) }, /list of 8/],
    [
      'that has no block with attention',
      { 'qwen35.attention.recurrent_layers': list('bool', new Array<boolean>(8).fill(true)) },
      /does not mix blocks/,
    ],
    ['that guesses with all of its blocks', { 'qwen35.nextn_predict_layers': u32(8) }, /nextn_predict_layers is 8/],
    ['whose heads turn in more than they are', { 'qwen35.rope.dimension_count': u32(128) }, /dimension_count is 128/],
    ['whose sections do not fit', { 'qwen35.rope.dimension_count': u32(32) }, /rope\.dimension_sections 3, 3, 2, 0/],
    ['without a length of heads', { 'qwen35.attention.key_length': undefined }, /attention\.key_length is missing/],
    ['with another vocabulary', { 'tokenizer.ggml.pre': string('llama-bpe') }, /vocabulary of a Qwen model/],
  ])('%s', async (_, changes, message) => {
    await expect(changed(changes)).rejects.toMatchObject({
      code: 'UnsupportedModel',
      message: expect.stringMatching(message) as string,
    })
  })

  test.each([
    'attn_qkv.weight',
    'attn_gate.weight',
    'ssm_conv1d.weight',
    'ssm_dt.bias',
    'ssm_a',
    'ssm_alpha.weight',
    'ssm_beta.weight',
    'ssm_norm.weight',
    'ssm_out.weight',
    'post_attention_norm.weight',
  ])('without %s', async (part) => {
    await expect(factsOf(without(`blk.0.${part}`))).rejects.toThrow(`blk.0.${part} is missing`)
  })

  test('whose queries have no gates', async () => {
    const tensors = dense.tensors.map((tensor) =>
      tensor.name === 'blk.3.attn_q.weight'
        ? { ...tensor, dims: [96, 256], bytes: tensor.bytes.subarray(0, tensor.bytes.length / 2) }
        : tensor,
    )
    await expect(factsOf({ ...dense, tensors })).rejects.toThrow(
      /attn_q\.weight has the shape 96 x 256 instead of 96 x 512/,
    )
  })

  test.each(['ffn_gate_inp_shexp', 'ffn_down_shexp', 'ffn_up_exps'])('as a mixture without %s', async (part) => {
    const tensors = mixture.tensors.filter(({ name }) => name !== `blk.1.${part}.weight`)
    await expect(factsOf({ ...mixture, tensors })).rejects.toThrow(`blk.1.${part}.weight is missing`)
  })
})
