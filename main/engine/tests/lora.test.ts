import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { AppError } from '#contract'
import type { ErrorCode } from '#contract'
import { forkWorker } from '../../nodePorts.ts'
import { ggufFile, loraFile } from '../../testing/ggufWriter.ts'
import type { LoraOptions } from '../../testing/ggufWriter.ts'
import { goldenModel } from '../../testing/engineGoldens.ts'
import { answered, demoModel, requestOf, sample, user } from '../../testing/engineRequests.ts'
import { mutate } from '../../testing/mutations.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'
import type { AnswerOptions, LoraAdapter } from '../index.ts'

const folder = tempFolder()
let processes = 0
const engine = createEngine({ spawn: (name) => (processes++, forkWorker(name)), cachePath: join(folder.path, 'cache') })
afterAll(async () => {
  await engine.close()
  folder.remove()
})

/** Long enough for its KV state to be worth keeping on disk. */
const QUESTION = 'What is in the picture? '.repeat(16)
let files = 0
function file(bytes: Buffer): string {
  const path = join(folder.path, `adapter-${files++}.gguf`)
  writeFileSync(path, bytes)
  return path
}

/** The demo model's matrices in every block. */
const weights: LoraOptions['weights'] = Object.fromEntries(
  [0, 1, 2, 3].flatMap((block) =>
    (
      [
        ['attn_q', 192, 192],
        ['attn_k', 192, 64],
        ['attn_v', 192, 64],
        ['attn_output', 192, 192],
        ['ffn_gate', 192, 512],
        ['ffn_up', 192, 512],
        ['ffn_down', 512, 192],
      ] as const
    ).map(([part, columns, rows]) => [`blk.${block}.${part}.weight`, [columns, rows]] as const),
  ),
)
const adapter = file(loraFile({ weights }))
const other = file(loraFile({ weights, value: (i) => Math.cos(i * 3) / 4 }))

const ask = async (lora?: readonly LoraAdapter[], options?: AnswerOptions, model = demoModel) =>
  (
    await answered(
      engine,
      requestOf([user(sample('red-circle'), QUESTION)], {
        model,
        lora,
        ignoreEos: true,
        maxTokens: 16,
        contextTokens: 1024,
      }),
      options,
    )
  ).result
const tokens = async (...adapters: LoraAdapter[]) => (await ask(adapters)).tokens
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('should have failed'),
    (error: unknown) => error,
  )
const refusal = (code: ErrorCode, text: RegExp) =>
  expect.objectContaining({ name: 'AppError', code, message: expect.stringMatching(text) as string }) as unknown

describe('a LoRA adapter', () => {
  test('of scale 0, or of zeros, is no adapter', async () => {
    const plain = await tokens()
    expect(await tokens({ path: adapter, scale: 0 })).toEqual(plain)
    expect(await tokens({ path: file(loraFile({ weights, value: () => 0 })), scale: 1 })).toEqual(plain)
  })

  test('changes the answer as its content and scale say', async () => {
    const plain = await tokens()
    const full = await tokens({ path: adapter, scale: 1 })
    expect(full).not.toEqual(plain)
    expect(await tokens({ path: adapter, scale: 1 })).toEqual(full)
    expect(await tokens({ path: other, scale: 1 })).not.toEqual(full)
    // alpha / rank is part of the scale
    expect(await tokens({ path: file(loraFile({ weights, alpha: 16 })), scale: 0.5 })).toEqual(full)
    const both = await tokens({ path: adapter, scale: 1 }, { path: other, scale: 1 })
    expect(both).not.toEqual(full)
  })

  test('that was replaced under its name is read again', async () => {
    const path = file(readFileSync(adapter))
    const before = await tokens({ path, scale: 1 })
    writeFileSync(path, readFileSync(other))
    expect(await tokens({ path, scale: 1 })).toEqual(await tokens({ path: other, scale: 1 }))
    expect(await tokens({ path, scale: 1 })).not.toEqual(before)
  })

  test('shares no KV cache with questions without it, in memory or on disk', async () => {
    const lora = [{ path: adapter, scale: 1 }]
    const plain = await tokens()
    const adapted = (await ask(lora)).tokens
    for (const conversationId of [undefined, 'one', 'one']) {
      const options = conversationId === undefined ? {} : { conversationId }
      expect((await ask([], options)).tokens).toEqual(plain)
      expect((await ask(lora, options)).tokens).toEqual(adapted)
    }
    // a new context, made for another size, begins without an adapter
    await engine.load(demoModel, 512)
    expect((await ask([], { conversationId: 'one' })).tokens).toEqual(plain)
    expect((await ask(lora, { conversationId: 'one' })).tokens).toEqual(adapted)
    await engine.load(demoModel, 512)
    expect((await ask(lora, { conversationId: 'one' })).tokens).toEqual(adapted)
    // with itself it does
    expect((await ask(lora, { conversationId: 'one' })).usage.cachedTokens).toBeGreaterThan(16)
    expect((await ask([], { conversationId: 'one' })).usage.cachedTokens).toBeGreaterThan(16)
  })
})

test('a batch computes with its adapters; a request with others is refused alone', async () => {
  const lora = [{ path: adapter, scale: 1 }]
  const request = (adapters: readonly LoraAdapter[]) =>
    requestOf([user(sample('red-circle'), QUESTION)], {
      lora: adapters,
      ignoreEos: true,
      maxTokens: 16,
      contextTokens: 1024,
    })
  const ends: unknown[] = []
  for await (const event of engine.batch(demoModel, [request(lora), request([]), request(lora)], { parallel: 2 }))
    if (event.type === 'done') ends[event.index] = event.result.tokens
    else if (event.type === 'failed') ends[event.index] = event.error.code
  expect(ends[1]).toBe('InvalidInput')
  expect(ends[2]).toEqual(ends[0])
  // sums of several sequences may differ in their last digits from those of one: the first token does not
  expect((ends[0] as number[])[0]).toBe((await ask(lora)).tokens[0])
  expect(ends[0]).not.toEqual(await tokens())
})

describe('an adapter for a model whose heads are together wider than the model', () => {
  const metadata = (architecture: string) => ({ 'general.architecture': architecture })
  const attention = (blocks: number): LoraOptions['weights'] =>
    Object.fromEntries(
      Array.from({ length: blocks }, (_, block) => block).flatMap((block) => [
        [`blk.${block}.attn_q.weight`, [96, 128]] as const,
        [`blk.${block}.attn_k.weight`, [96, 64]] as const,
        [`blk.${block}.attn_v.weight`, [96, 64]] as const,
        [`blk.${block}.attn_output.weight`, [128, 96]] as const,
      ]),
    )
  const feedForward = { 'blk.0.ffn_gate.weight': [96, 192], 'blk.1.ffn_down.weight': [192, 96] } as const

  test.each([
    ['qwen3vl', { ...attention(5), ...feedForward }],
    ['qwen3vlmoe', attention(4)],
    [
      'qwen35',
      {
        'blk.3.attn_q.weight': [96, 512],
        'blk.3.attn_output.weight': [256, 96],
        'blk.0.attn_qkv.weight': [96, 256],
        'blk.0.attn_gate.weight': [96, 128],
        'blk.1.ssm_alpha.weight': [96, 4],
        'blk.1.ssm_beta.weight': [96, 4],
        'blk.2.ssm_out.weight': [128, 96],
        'blk.2.ffn_down.weight': [192, 96],
      },
    ],
  ] as const)('of %s changes its answer', async (set, changed) => {
    const model = goldenModel(set)
    const path = file(loraFile({ weights: changed, metadata: metadata(set) }))
    const plain = (await ask([], {}, model)).tokens
    expect((await ask([{ path, scale: 0 }], {}, model)).tokens).toEqual(plain)
    expect((await ask([{ path, scale: 1 }], {}, model)).tokens).not.toEqual(plain)
  })

  test.each([
    ['attn_q', 96, 96],
    ['attn_output', 96, 96],
  ] as const)('is refused where its %s is as wide as the model', async (part, columns, rows) => {
    const path = file(
      loraFile({ weights: { [`blk.0.${part}.weight`]: [columns, rows] }, metadata: metadata('qwen3vl') }),
    )
    expect(await failure(ask([{ path, scale: 1 }], {}, goldenModel('qwen3vl')))).toEqual(
      refusal('UnsupportedModel', /instead of (4 x 128|128 x 4)/),
    )
  })

  test.each(['ffn_up', 'ffn_gate_inp', 'ffn_down_exps'])('is refused where it changes %s of experts', async (part) => {
    const path = file(loraFile({ weights: { [`blk.0.${part}.weight`]: [96, 64] }, metadata: metadata('qwen3vlmoe') }))
    expect(await failure(ask([{ path, scale: 1 }], {}, goldenModel('qwen3vlmoe')))).toEqual(
      refusal('UnsupportedModel', /changes experts of/),
    )
  })
})

describe('an adapter that does not fit is refused, and the model works on', () => {
  const pair = (name: string, columns: number, rows: number): LoraOptions => ({ weights: { [name]: [columns, rows] } })
  const whole = loraFile({ weights })
  test.each<[string, () => string, ErrorCode, RegExp]>([
    ['a missing file', () => join(folder.path, 'gone.gguf'), 'ModelNotFound', /gone\.gguf was not found/],
    ['a text file', () => file(Buffer.from('Shopping list')), 'UnsupportedModel', /not a model in the GGUF format/],
    ['half of a file', () => file(whole.subarray(0, whole.length / 2)), 'ModelDamaged', /Download it again/],
    ['a whole model', () => demoModel.textPath, 'UnsupportedModel', /is not a LoRA adapter/],
    [
      'another kind of adapter',
      () => file(loraFile({ weights, metadata: { 'adapter.type': 'dora' } })),
      'UnsupportedModel',
      /is not a LoRA adapter/,
    ],
    [
      'a type that is no text',
      () => file(loraFile({ weights, metadata: { 'general.type': { u32: 1 } } })),
      'UnsupportedModel',
      /is not a LoRA adapter/,
    ],
    [
      'another architecture',
      () => file(loraFile({ weights, metadata: { 'general.architecture': 'llama' } })),
      'UnsupportedModel',
      /of the kind "llama"\. Choose one made for TinySight demo/,
    ],
    [
      'an alpha of another type',
      () => file(loraFile({ weights, metadata: { 'adapter.lora.alpha': { u32: 1 } } })),
      'UnsupportedModel',
      /alpha is not of type f32/,
    ],
    ['an alpha that is no number', () => file(loraFile({ weights, alpha: NaN })), 'UnsupportedModel', /alpha is NaN/],
    [
      'one that waits for a token',
      () => file(loraFile({ weights, metadata: { 'adapter.alora.invocation_tokens': { u32s: [1] } } })),
      'UnsupportedModel',
      /aLoRA/,
    ],
    [
      'the width of another model',
      () => file(loraFile(pair('blk.0.attn_q.weight', 64, 64))),
      'UnsupportedModel',
      /64 x 4 numbers instead of 192 x 4/,
    ],
    [
      'a block that the model lacks',
      () => file(loraFile(pair('blk.4.attn_q.weight', 192, 192))),
      'UnsupportedModel',
      /blk\.4\.attn_q\.weight, which TinySight demo does not have/,
    ],
    [
      'a weight of another name',
      () => file(loraFile(pair('blk.0.ffn_gate_exps.weight', 192, 192))),
      'UnsupportedModel',
      /does not have/,
    ],
    ['a bias', () => file(loraFile(pair('blk.0.attn_q.bias', 192, 1))), 'UnsupportedModel', /does not have/],
    [
      'the embeddings of a model that writes with them',
      () => file(embeddings()),
      'UnsupportedModel',
      /token embeddings/,
    ],
    ['half of a pair', () => file(unpaired()), 'UnsupportedModel', /one of the two matrices/],
    ['matrices of different ranks', () => file(ranks()), 'UnsupportedModel', /numbers instead of/],
    ['a third dimension', () => file(thick()), 'UnsupportedModel', /numbers instead of/],
    [
      'a tensor without a pair',
      () => file(ggufFile(lora, [{ name: 'blk.0.attn_q.weight', dims: [4], data: new Float32Array(4) }])),
      'UnsupportedModel',
      /belongs to no pair/,
    ],
    [
      'only norms',
      () => file(ggufFile(lora, [{ name: 'blk.0.attn_norm.weight', dims: [4], data: new Float32Array(4) }])),
      'UnsupportedModel',
      /changes no weight/,
    ],
  ])('%s', async (_name, path, code, text) => {
    expect(await failure(ask([{ path: path(), scale: 1 }]))).toEqual(refusal(code, text))
  })

  test('a scale that is no number', async () => {
    expect(await failure(ask([{ path: adapter, scale: NaN }]))).toEqual(refusal('InvalidInput', /scale/))
  })

  test('300 damaged adapters end in a typed error or an answer, none in a crash', async () => {
    const plain = await tokens()
    const sound = loraFile({
      metadata: { 'general.quantization_version': { u32: 2 } },
      weights: {
        'blk.0.attn_q.weight': [192, 192],
        'blk.1.attn_k.weight': [192, 64],
        'blk.3.ffn_down.weight': [512, 192],
      },
    })
    const ends = { answer: 0, refused: 0 }
    for (let seed = 0; seed < 300; seed++) {
      const { buffer, description } = mutate(sound, seed)
      try {
        await ask([{ path: file(buffer), scale: 1 }])
        ends.answer++
      } catch (error) {
        if (!(error instanceof AppError))
          throw new Error(`seed ${seed} (${description}) gave an untyped error`, { cause: error })
        expect(error.code, `seed ${seed} (${description}): ${error.message}`).toMatch(
          /^(ModelDamaged|UnsupportedModel)$/,
        )
        ends.refused++
      }
    }
    expect(ends.answer).toBeGreaterThan(0)
    expect(ends.refused).toBeGreaterThan(150)
    expect(await tokens()).toEqual(plain)
    expect(processes).toBe(1)
  })

  test('an adapter of one model is none of another', async () => {
    expect(
      await failure(
        ask(
          [{ path: file(loraFile({ weights: { 'blk.3.attn_q.weight': [192, 192] } })), scale: 1 }],
          {},
          goldenModel('qwen2vl'),
        ),
      ),
    ).toEqual(refusal('UnsupportedModel', /does not have/))
  })
})

const lora = {
  'general.architecture': 'qwen2vl',
  'general.type': 'adapter',
  'adapter.type': 'lora',
  'adapter.lora.alpha': { f32: 8 },
} as const
const matrix = (name: string, ...dims: number[]) => ({
  name,
  dims,
  data: new Float32Array(dims.reduce((product, dim) => product * dim, 1)),
})

/** As llama.cpp wants them: a [rank, tokens], b [rank, width]. */
const embeddings = () =>
  ggufFile(lora, [matrix('token_embd.weight.lora_a', 4, 1632), matrix('token_embd.weight.lora_b', 4, 192)])
const unpaired = () => ggufFile(lora, [matrix('blk.0.attn_q.weight.lora_a', 192, 4)])
const ranks = () =>
  ggufFile(lora, [matrix('blk.0.attn_q.weight.lora_a', 192, 4), matrix('blk.0.attn_q.weight.lora_b', 8, 192)])
const thick = () =>
  ggufFile(lora, [matrix('blk.0.attn_q.weight.lora_a', 192, 4, 3), matrix('blk.0.attn_q.weight.lora_b', 4, 192, 3)])
