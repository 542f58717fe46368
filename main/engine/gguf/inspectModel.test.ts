import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ErrorCode } from '#contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { goldenModel } from '../../testing/engineGoldens.ts'
import { ggufFields } from '../../testing/ggufFields.ts'
import type { Field } from '../../testing/ggufFields.ts'
import { inspectModel } from './inspectModel.ts'

const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const demo = {
  textPath: at('resources/demo-model/demo-text-f16.gguf'),
  projectorPath: at('resources/demo-model/demo-mmproj-f16.gguf'),
}
const golden = (family: string) => ({
  textPath: at(`main/testing/goldens/${family}/model-f32.gguf`),
  projectorPath: at(`main/testing/goldens/${family}/mmproj-f32.gguf`),
})

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gguf-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

let files = 0
async function file(content: Buffer | string): Promise<string> {
  const path = join(folder, `model-${files++}.gguf`)
  await writeFile(path, content)
  return path
}

/** A copy of `path` in which one field of the header holds another number. */
async function edited(path: string, kind: Field['kind'], name: string, value: bigint): Promise<string> {
  const buffer = await readFile(path)
  const field = ggufFields(buffer).fields.findLast((found) => found.kind === kind && found.name === name)
  if (!field) throw new Error(`no ${kind} of ${name}`)
  if (field.bytes === 8) buffer.writeBigUInt64LE(value, field.at)
  else if (field.bytes === 4) buffer.writeUInt32LE(Number(value), field.at)
  else buffer.writeUInt8(Number(value), field.at)
  return file(buffer)
}

/** A copy of `path` with the first `from` replaced by `to`, of the same length. */
async function replaced(path: string, from: string, to: string): Promise<string> {
  const buffer = await readFile(path)
  buffer.write(to, buffer.indexOf(from), 'latin1')
  return file(buffer)
}

const refusal = (code: ErrorCode, message: RegExp) =>
  expect.objectContaining({ name: 'AppError', code, message: expect.stringMatching(message) as string })
const text = (textPath: string) => inspectModel({ textPath, projectorPath: null })
const projector = (projectorPath: string) => inspectModel({ textPath: demo.textPath, projectorPath })

describe('models that work', () => {
  it('the demo model gives its facts', async () => {
    const model = await inspectModel(demo)
    expect(model).toMatchObject({
      name: 'TinySight demo',
      architecture: 'qwen2vl',
      trainedContext: 4096,
      bytes: 3_838_208 + 3_534_656,
    })
    expect(model.text).toMatchObject({
      blocks: 4,
      embeddingLength: 192,
      heads: 6,
      kvHeads: 2,
      headDim: 32,
      vocabSize: 1632,
      ropeSections: [4, 6, 6, 0],
    })
    expect(model.text).toMatchObject({ quantization: 'F16', isF32: false })
    expect(model.projector).toMatchObject({
      family: 'qwen2vl',
      embeddingLength: 160,
      blocks: 5,
      heads: 5,
      ffnLength: 320,
      outputLength: 192,
      fullBlocks: null,
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5],
    })
  })

  it('a Qwen2-VL projector whose feed_forward_length is wrong gives the width of its tensors', async () => {
    const model = await inspectModel(golden('qwen2vl'))
    expect(model.text).toMatchObject({
      blocks: 3,
      vocabSize: 1024,
      quantization: 'F32',
      isF32: true,
      trainedContext: 32_768,
    })
    expect(model.projector).toMatchObject({
      family: 'qwen2vl',
      embeddingLength: 64,
      blocks: 3,
      ffnLength: 256,
      fullBlocks: null,
    })
    expect(model.projector?.eps).toBeCloseTo(1e-6, 12)
    expect(model.projector?.mean[0]).toBeCloseTo(0.48145466, 7)
  })

  it('a Qwen2.5-VL projector gives its window pattern', async () => {
    const model = await inspectModel(golden('qwen25vl'))
    expect(model.projector).toMatchObject({
      family: 'qwen25vl',
      embeddingLength: 64,
      blocks: 4,
      ffnLength: 128,
      outputLength: 128,
      fullBlocks: [1, 3],
    })
  })

  it('a model without a projector is text only', async () => {
    expect((await text(demo.textPath)).projector).toBeNull()
  })
})

describe('files that are no model', () => {
  it('a missing file is not found', () =>
    expect(text(join(folder, 'gone.gguf'))).rejects.toEqual(refusal('ModelNotFound', /gone\.gguf was not found/)))
  it('a folder is not found', async () => {
    await mkdir(join(folder, 'folder.gguf'))
    await expect(text(join(folder, 'folder.gguf'))).rejects.toEqual(refusal('ModelNotFound', /is a folder/))
  })
  it('an empty file is damaged', async () =>
    expect(text(await file(''))).rejects.toEqual(refusal('ModelDamaged', /is empty/)))
  it('a text file is not supported', async () =>
    expect(text(await file('Shopping list: bread'))).rejects.toEqual(
      refusal('UnsupportedModel', /not a model in the GGUF format/),
    ))
  it('a file of three bytes is not supported', async () =>
    expect(text(await file('GGU'))).rejects.toEqual(refusal('UnsupportedModel', /GGUF format/)))
  it('a file that ends after the magic is damaged', async () =>
    expect(text(await file('GGUF'))).rejects.toEqual(refusal('ModelDamaged', /ends in the middle/)))
})

describe('damaged and unknown headers', () => {
  const cases: readonly (readonly [string, Field['kind'], string, bigint, ErrorCode, RegExp])[] = [
    ['version 1', 'type', 'version', 1n, 'UnsupportedModel', /version 1/],
    ['version 4', 'type', 'version', 4n, 'UnsupportedModel', /version 4/],
    ['a big-endian version', 'type', 'version', 0x03000000n, 'UnsupportedModel', /big-endian/],
    ['a big-endian magic', 'type', 'magic', 0x47475546n, 'UnsupportedModel', /big-endian/],
    ['2^63 tensors', 'count', 'tensors', 2n ** 63n, 'ModelDamaged', /more than 65,536 tensors/],
    ['-1 tensors', 'count', 'tensors', 2n ** 64n - 1n, 'ModelDamaged', /more than 65,536 tensors/],
    ['no tensors', 'count', 'tensors', 0n, 'UnsupportedModel', /no tensors/],
    ['2^63 entries', 'count', 'entries', 2n ** 63n, 'ModelDamaged', /more than 65,536 entries/],
    ['no entries', 'count', 'entries', 0n, 'UnsupportedModel', /no entries/],
    ['an empty key', 'length', 'key 3', 0n, 'ModelDamaged', /impossible length/],
    ['a key of 2^63 bytes', 'length', 'key 3', 2n ** 63n, 'ModelDamaged', /impossible length/],
    ['a text longer than the file', 'length', 'general.name', 2n ** 40n, 'ModelDamaged', /longer than the file/],
    ['an unknown value type', 'type', 'general.file_type', 13n, 'ModelDamaged', /unknown type/],
    ['a list of 2^62 tokens', 'length', 'tokenizer.ggml.tokens', 2n ** 62n, 'ModelDamaged', /longer than the file/],
    ['a list of lists', 'type', 'tokenizer.ggml.tokens', 9n, 'UnsupportedModel', /list of lists/],
    ['a truth value of 2', 'integer', 'tokenizer.ggml.add_bos_token', 2n, 'ModelDamaged', /neither true nor false/],
    [
      'a token of another vocabulary',
      'integer',
      'tokenizer.ggml.eos_token_id',
      1632n,
      'UnsupportedModel',
      /eos_token_id is 1632/,
    ],
    ['no heads', 'integer', 'qwen2vl.attention.head_count', 0n, 'UnsupportedModel', /head_count is 0/],
    [
      'heads that do not fit the width',
      'integer',
      'qwen2vl.attention.head_count',
      5n,
      'UnsupportedModel',
      /do not fit a width/,
    ],
    [
      'key heads that do not divide the heads',
      'integer',
      'qwen2vl.attention.head_count_kv',
      4n,
      'UnsupportedModel',
      /do not fit a width/,
    ],
    ['2^31 blocks', 'integer', 'qwen2vl.block_count', 2n ** 31n, 'UnsupportedModel', /block_count is/],
    [
      'one block too many',
      'integer',
      'qwen2vl.block_count',
      5n,
      'UnsupportedModel',
      /blk\.4\.attn_norm\.weight is missing/,
    ],
    [
      'rotary sections of no head',
      'integer',
      'qwen2vl.rope.dimension_sections[0]',
      0n,
      'UnsupportedModel',
      /dimension_sections/,
    ],
    [
      'rotary sections that leave out time and space',
      'integer',
      'qwen2vl.rope.dimension_sections[3]',
      16n,
      'UnsupportedModel',
      /dimension_sections/,
    ],
    [
      'one block too few',
      'integer',
      'qwen2vl.block_count',
      3n,
      'UnsupportedModel',
      /has 3 blocks, but also a tensor blk\.3\./,
    ],
    [
      'an epsilon of NaN',
      'float',
      'qwen2vl.attention.layer_norm_rms_epsilon',
      0x7fc00000n,
      'UnsupportedModel',
      /epsilon is NaN/,
    ],
    ['0 dimensions', 'count', 'blk.0.attn_q.weight dimensions', 0n, 'ModelDamaged', /has 0 dimensions/],
    ['a dimension of 0', 'dimension', 'blk.0.attn_q.weight[1]', 0n, 'ModelDamaged', /impossible shape/],
    ['a dimension of 2^63', 'dimension', 'blk.0.attn_q.weight[1]', 2n ** 63n, 'ModelDamaged', /impossible shape/],
    ['a tensor name of 64 bytes', 'length', 'tensor 0', 64n, 'UnsupportedModel', /name of tensor 0/],
    [
      'an unknown number format',
      'type',
      'blk.0.attn_q.weight',
      43n,
      'UnsupportedModel',
      /not known here yet \(type 43/,
    ],
    [
      'a number format that cannot be',
      'type',
      'blk.0.attn_q.weight',
      1n << 20n,
      'ModelDamaged',
      /unknown number format/,
    ],
    ['a removed number format', 'type', 'blk.0.attn_q.weight', 31n, 'UnsupportedModel', /no longer supported/],
    ['integers as weights', 'type', 'blk.0.attn_q.weight', 25n, 'UnsupportedModel', /as I16/],
    ['an unexpected offset', 'offset', 'blk.0.attn_q.weight', 255_489n, 'ModelDamaged', /does not start where/],
    ['an offset of 2^64 - 1', 'offset', 'token_embd.weight', 2n ** 64n - 1n, 'ModelDamaged', /does not start where/],
  ]
  for (const [name, kind, field, value, code, message] of cases)
    it(`${name} is refused`, async () =>
      expect(text(await edited(demo.textPath, kind, field, value))).rejects.toEqual(refusal(code, message)))

  it('a file cut in half says how large it is and how large it should be', async () => {
    const half = (await readFile(demo.textPath)).subarray(0, 932_352)
    await expect(text(await file(half))).rejects.toEqual(
      refusal('ModelDamaged', /^model-\d+\.gguf is 932\.4 kB, its header describes 3\.8 MB\. Download it again\.$/),
    )
  })

  it('a file that lacks its last byte gives both sizes in bytes', async () => {
    const bytes = await readFile(demo.textPath)
    await expect(text(await file(bytes.subarray(0, -1)))).rejects.toEqual(
      refusal('ModelDamaged', /is 3,838,207 bytes, its header describes 3,838,208 bytes/),
    )
  })

  it('an entry that is there twice is refused', async () =>
    expect(text(await replaced(demo.textPath, 'general.name', 'general.type'))).rejects.toEqual(
      refusal('UnsupportedModel', /general\.type is there twice/),
    ))

  it('a tensor that is there twice is refused', async () =>
    expect(text(await replaced(demo.textPath, 'blk.1.attn_q.weight', 'blk.0.attn_q.weight'))).rejects.toEqual(
      refusal('UnsupportedModel', /blk\.0\.attn_q\.weight is there twice/),
    ))

  it('a token that is there twice is refused: llama.cpp aborts on it', async () =>
    expect(text(await replaced(demo.textPath, '<|extra_1630|>', '<|extra_1629|>'))).rejects.toEqual(
      refusal('UnsupportedModel', /token 1,630 is there twice/),
    ))

  it('a token with a zero byte is refused: llama.cpp sees its beginning twice', async () =>
    expect(text(await replaced(demo.textPath, '<|extra_1630|>', '<|e\0tra_1630|>'))).rejects.toEqual(
      refusal('UnsupportedModel', /token 1,630 holds a zero byte/),
    ))

  it('a merge without a space is refused', async () =>
    expect(text(await replaced(demo.textPath, 'ist ant', 'ist_ant'))).rejects.toEqual(
      refusal('UnsupportedModel', /merge 7 is not a pair/),
    ))

  it('a vocabulary without the picture tokens is refused', async () =>
    expect(text(await replaced(demo.textPath, '<|vision_start|>', '<|vision_begin|>'))).rejects.toEqual(
      refusal('UnsupportedModel', /no <\|vision_start\|> in its vocabulary/),
    ))

  it('an unreadable scaling of positions is refused: llama.cpp aborts on it', async () => {
    const buffer = await readFile(golden('qwen2vl').textPath)
    const key = Buffer.from('tokenizer.ggml.normalizer.nfc')
    const start = buffer.indexOf(key) - 8
    const name = Buffer.from('qwen2vl.rope.scaling.type')
    const entry = Buffer.alloc(8 + name.length + 4 + 8 + 5)
    entry.writeBigUInt64LE(BigInt(name.length))
    name.copy(entry, 8)
    entry.writeUInt32LE(8, 8 + name.length)
    entry.writeBigUInt64LE(5n, 12 + name.length)
    entry.write('mrope', 20 + name.length)
    const path = await file(
      Buffer.concat([buffer.subarray(0, start), entry, buffer.subarray(start + 8 + key.length + 5)]),
    )
    await expect(text(path)).rejects.toEqual(refusal('UnsupportedModel', /rope\.scaling\.type/))
  })
})

describe('the wrong file', () => {
  it('another architecture is named', async () =>
    expect(text(await replaced(demo.textPath, 'qwen2vl', 'gemma3x'))).rejects.toEqual(
      refusal('UnsupportedModel', /of the kind "gemma3x"\. Choose a Qwen2-VL/),
    ))

  it('another kind of projector is named', async () =>
    expect(projector(await replaced(demo.projectorPath, 'qwen2vl_merger', 'never_heard_of'))).rejects.toEqual(
      refusal('UnsupportedModel', /is the projector of never_heard_of, which is not supported/),
    ))

  it('a projector whose patches have another size than its family has is not taken for one', async () =>
    expect(projector(await replaced(demo.projectorPath, 'qwen2vl_merger', 'qwen3vl_merger'))).rejects.toEqual(
      refusal('UnsupportedModel', /patches of another size than 16 pixels/),
    ))

  it('a projector of Qwen3.5 is told from one of Qwen3-VL, whose model takes more', async () => {
    const [own, other] = [goldenModel('qwen35'), goldenModel('qwen3vl')]
    expect(await inspectModel(own)).toMatchObject({ family: 'qwen35', projector: { kind: 'qwen35', deepBlocks: [] } })
    await expect(inspectModel({ ...other, projectorPath: own.projectorPath })).rejects.toEqual(
      refusal('ProjectorMismatch', /is the projector of Qwen3\.5, .* is a Qwen3-VL model/),
    )
    await expect(inspectModel({ ...own, projectorPath: other.projectorPath })).rejects.toEqual(
      refusal('ProjectorMismatch', /is the projector of Qwen3-VL, .* is a Qwen3\.5 model/),
    )
  })

  it('swapped files are recognised', () =>
    expect(inspectModel({ textPath: demo.projectorPath, projectorPath: demo.textPath })).rejects.toEqual(
      refusal('ProjectorMismatch', /seem to be swapped/),
    ))

  it('a language model as projector is recognised', () =>
    expect(projector(demo.textPath)).rejects.toEqual(
      refusal('ProjectorMismatch', /is a language model \(qwen2vl\), not a projector/),
    ))

  it('a projector of another width names both widths', async () => {
    const buffer = await readFile(demo.projectorPath)
    const { fields } = ggufFields(buffer)
    const field = (kind: Field['kind'], name: string) =>
      fields.find((found) => found.kind === kind && found.name === name)!.at
    // 64 outputs instead of 192: the matrix is cut, and what is behind it moves up
    buffer.writeUInt32LE(64, field('integer', 'clip.vision.projection_dim'))
    buffer.writeBigUInt64LE(64n, field('dimension', 'mm.2.weight[1]'))
    buffer.writeBigUInt64LE(64n, field('dimension', 'mm.2.bias[0]'))
    const matrix = Number(buffer.readBigUInt64LE(field('offset', 'mm.2.weight')))
    buffer.writeBigUInt64LE(BigInt(matrix + 64 * 640 * 2), field('offset', 'mm.2.bias'))
    const shrink = (192 - 64) * (640 * 2 + 4)
    for (const { kind, name, at: place } of fields)
      if (kind === 'offset' && name.startsWith('v.blk.'))
        buffer.writeBigUInt64LE(buffer.readBigUInt64LE(place) - BigInt(shrink), place)
    await expect(projector(await file(buffer))).rejects.toEqual(
      refusal('ProjectorMismatch', /vectors of 64 numbers, TinySight demo takes 192/),
    )
  })

  const projectorCases: readonly (readonly [string, Field['kind'], string, bigint, ErrorCode, RegExp])[] = [
    ['no vision part', 'integer', 'clip.has_vision_encoder', 0n, 'UnsupportedModel', /no vision part/],
    ['patches of 16 pixels', 'integer', 'clip.vision.patch_size', 16n, 'UnsupportedModel', /14 pixels/],
    [
      'heads that do not fit',
      'integer',
      'clip.vision.attention.head_count',
      64n,
      'UnsupportedModel',
      /64 attention heads/,
    ],
    ['a std of 0', 'float', 'clip.vision.image_std[1]', 0n, 'UnsupportedModel', /out of range/],
    ['a mean of NaN', 'float', 'clip.vision.image_mean[1]', 0x7fc00000n, 'UnsupportedModel', /not a number/],
    [
      'an infinite epsilon',
      'float',
      'clip.vision.attention.layer_norm_epsilon',
      0x7f800000n,
      'UnsupportedModel',
      /epsilon is Infinity/,
    ],
    [
      'a block too many',
      'integer',
      'clip.vision.block_count',
      6n,
      'UnsupportedModel',
      /v\.blk\.5\.ln1\.weight is missing/,
    ],
    [
      'another output width than its matrix',
      'integer',
      'clip.vision.projection_dim',
      64n,
      'UnsupportedModel',
      /projection_dim is not the 192/,
    ],
  ]
  for (const [name, kind, field, value, code, message] of projectorCases)
    it(`a projector with ${name} is refused`, async () =>
      expect(projector(await edited(demo.projectorPath, kind, field, value))).rejects.toEqual(refusal(code, message)))
})

it('an abort ends the reading with its reason', async () => {
  await expect(inspectModel(demo, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
})
