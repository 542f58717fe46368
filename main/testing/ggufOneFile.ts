import { f32, list, readGguf, string, u32, writeGguf } from './ggufEdit.ts'
import type { EditedTensor } from './ggufEdit.ts'

/** What a file in one piece differs in from what Ollama's converter usually writes. */
export interface OneFileOptions {
  /** Queries, keys and values of the vision part in one matrix. */
  readonly isFused?: boolean
  /** Vision tensors before those of the language model. */
  readonly isVisionFirst?: boolean
  /** Blocks that look at the whole picture; null: the entry is left out. */
  readonly fullBlocks?: readonly number[] | null
  /** With the chat template, which files have that were converted with one. */
  readonly keepsTemplate?: boolean
  /** Keys that are left out. */
  readonly without?: readonly string[]
}

const names: readonly (readonly [string, string])[] = [
  ['v.post_ln.', 'v.merger.ln_q.'],
  ['mm.0.', 'v.merger.mlp.0.'],
  ['mm.2.', 'v.merger.mlp.2.'],
  ['v.patch_embd.weight.1', 'v.patch_embd_1.weight'],
  ['v.patch_embd.weight', 'v.patch_embd_0.weight'],
]

/**
 * A Qwen2.5-VL of two f32 files as one, in the form in which Ollama's own converter keeps it: architecture "qwen25vl",
 * three rope sections, the vision part inside under other names, no template; blocks first, then the rest by name.
 */
export function oneFileGguf(text: Buffer, projector: Buffer, options: OneFileOptions = {}): Buffer {
  const { isFused = false, isVisionFirst = false, keepsTemplate = false, fullBlocks = [1, 3], without = [] } = options
  const [language, vision] = [readGguf(text), readGguf(projector)]
  const metadata = new Map(
    [...language.metadata].map(([key, value]) => [key.replace(/^qwen2vl\./, 'qwen25vl.'), value]),
  )
  for (const key of ['qwen25vl.rope.dimension_sections', 'general.type', 'general.name']) metadata.delete(key)
  if (!keepsTemplate) metadata.delete('tokenizer.chat_template')
  metadata.set('general.architecture', string('qwen25vl'))
  metadata.set('general.parameter_count', { kind: 'u64', value: 1_000_000 })
  metadata.set('qwen25vl.rope.mrope_section', list('i32', [4, 6, 6]))
  const sizes = {
    block_count: 4,
    embedding_length: 64,
    'attention.head_count': 4,
    num_channels: 3,
    patch_size: 14,
    spatial_merge_size: 2,
    spatial_patch_size: 14,
    window_size: 112,
    temporal_patch_size: 2,
  }
  for (const [key, value] of Object.entries(sizes)) metadata.set(`qwen25vl.vision.${key}`, u32(value))
  metadata.set('qwen25vl.vision.attention.layer_norm_epsilon', f32(1e-6))
  metadata.set('qwen25vl.vision.rope.freq_base', f32(1e4))
  if (fullBlocks) metadata.set('qwen25vl.vision.fullatt_block_indexes', list('i32', fullBlocks))
  for (const key of without) metadata.delete(key)

  const renamed = (tensor: EditedTensor): EditedTensor => {
    const found = names.find(([from]) => tensor.name.startsWith(from))
    return found ? { ...tensor, name: found[1] + tensor.name.slice(found[0].length) } : tensor
  }
  const sees = vision.tensors.map(renamed)
  const block = ({ name }: EditedTensor) => Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? Infinity)
  const order = (a: EditedTensor, b: EditedTensor) =>
    block(a) === block(b) ? (a.name < b.name ? -1 : 1) : block(a) - block(b)
  const [first, last] = [language.tensors.toSorted(order), (isFused ? fused(sees) : sees).toSorted(order)]
  return writeGguf({ metadata, tensors: isVisionFirst ? [...last, ...first] : [...first, ...last] })
}

function fused(tensors: readonly EditedTensor[]): EditedTensor[] {
  const rest = tensors.filter(({ name }) => !/attn_[qkv]\./.test(name))
  const three = tensors
    .filter(({ name }) => /attn_q\./.test(name))
    .map((query) => {
      const parts = ['q', 'k', 'v'].map(
        (part) => tensors.find(({ name }) => name === query.name.replace('attn_q', `attn_${part}`))!,
      )
      const dims = [...query.dims.slice(0, -1), query.dims.at(-1)! * 3]
      return {
        ...query,
        name: query.name.replace('attn_q', 'attn_qkv'),
        dims,
        bytes: Buffer.concat(parts.map(({ bytes }) => bytes)),
      }
    })
  return [...rest, ...three]
}

const newerNames: readonly (readonly [RegExp, string])[] = [
  [/^v\.post_ln\./, 'v.merger.norm.'],
  [/^mm\.0\./, 'v.merger.linear_fc1.'],
  [/^mm\.2\./, 'v.merger.linear_fc2.'],
  [/^v\.patch_embd\.bias$/, 'v.patch_embed.bias'],
  [/^v\.position_embd\./, 'v.pos_embed.'],
  [/^(v\.blk\.\d+\.)ln(\d)\./, '$1norm$2.'],
  [/^(v\.blk\.\d+\.)ffn_up\./, '$1mlp.linear_fc1.'],
  [/^(v\.blk\.\d+\.)ffn_down\./, '$1mlp.linear_fc2.'],
  [/^(blk\.\d+\.ssm_dt)\.bias$/, '$1'],
]

/**
 * A Qwen3-VL or a Qwen3.5 of two f32 files as one, in the form in which Ollama's own converter kept it until May 2026: the
 * tower's tensors named as in the reference's code, the patch matrices of both frames in one, outputs of its blocks counted,
 * none of the keys that llama.cpp needs for them; of a hybrid model key heads for each block and what guesses ahead.
 */
export function newerOneFileGguf(text: Buffer, projector: Buffer, without: readonly string[] = []): Buffer {
  const [language, vision] = [readGguf(text), readGguf(projector)]
  const architecture = String(language.metadata.get('general.architecture')!.value)
  const own = (key: string) => `${architecture}.${key}`
  const metadata = new Map(language.metadata)
  const numbers = (key: string) => language.metadata.get(own(key))!.value as number[]
  metadata.set(own('rope.mrope_section'), list('i32', numbers('rope.dimension_sections').slice(0, 3)))
  for (const key of ['rope.dimension_sections', 'n_deepstack_layers', 'attention.recurrent_layers'])
    metadata.delete(own(key))
  if (architecture === 'qwen3vlmoe') metadata.delete(own('expert_feed_forward_length'))
  metadata.delete('general.type')
  const clip = (key: string) => vision.metadata.get(`clip.vision.${key}`)!
  for (const key of ['block_count', 'embedding_length', 'attention.head_count', 'patch_size', 'spatial_merge_size'])
    metadata.set(own(`vision.${key}`), clip(key))
  metadata.set(own('vision.attention.layer_norm_epsilon'), f32(1e-6))
  metadata.set(own('vision.rope.freq_base'), f32(1e4))
  for (const key of ['image_mean', 'image_std']) metadata.set(own(`vision.${key}`), clip(key))
  for (const [key, value] of Object.entries({ num_channels: 3, temporal_patch_size: 2 }))
    metadata.set(own(`vision.${key}`), u32(value))
  const deep = (clip('is_deepstack_layers').value as boolean[]).flatMap((is, block) => (is ? [block] : []))
  metadata.set(own('vision.deepstack_visual_indexes'), list('i32', deep))
  const isHybrid = architecture.startsWith('qwen35')
  if (isHybrid) {
    const recurrent = language.metadata.get(own('attention.recurrent_layers'))?.value as boolean[] | undefined
    const heads = Number(language.metadata.get(own('attention.head_count_kv'))!.value)
    const blocks = Number(language.metadata.get(own('block_count'))!.value)
    const isRecurrent = recurrent ?? Array.from({ length: blocks }, (_, i) => (i + 1) % 4 !== 0)
    metadata.set(
      own('attention.head_count_kv'),
      list(
        'u32',
        isRecurrent.map((is) => (is ? 0 : heads)),
      ),
    )
    metadata.set(own('ssm.v_head_reordered'), { kind: 'bool', value: true })
    metadata.set(own('full_attention_interval'), u32(isRecurrent.indexOf(false) + 1))
    metadata.set(own('rope.mrope_interleaved'), { kind: 'bool', value: true })
  }
  for (const key of without) metadata.delete(own(key))

  const rename = (tensor: EditedTensor): EditedTensor => {
    const found = newerNames.find(([pattern]) => pattern.test(tensor.name))
    const name = found ? tensor.name.replace(found[0], found[1]) : tensor.name
    const merger = name
      .replace(/^v\.deepstack\.(\d+)\./, (_, block: string) => `v.deepstack_merger.${deep.indexOf(Number(block))}.`)
      .replace(/^(v\.deepstack_merger\.\d+\.)fc(\d)\./, '$1linear_fc$2.')
    return { ...tensor, name: merger }
  }
  const isPatch = ({ name }: EditedTensor) => /^v\.patch_embd\.weight(\.1)?$/.test(name)
  const frames = ['', '.1'].map((end) => vision.tensors.find(({ name }) => name === `v.patch_embd.weight${end}`)!)
  const ahead: EditedTensor[] = isHybrid
    ? [{ name: 'mtp.norm.weight', dims: [4], type: 0, bytes: Buffer.alloc(16) }]
    : []
  const tensors = [
    ...language.tensors.map(rename),
    ...ahead,
    ...apart(vision.tensors.filter((tensor) => !isPatch(tensor))).map(rename),
    interleaved(frames[0]!, frames[1]!),
  ]
  return writeGguf({ metadata, tensors })
}

/** The patch matrices of two frames as one, in which their rows of a colour alternate. */
function interleaved(first: EditedTensor, second: EditedTensor): EditedTensor {
  const [width = 1, height = 1, colours = 1, rows = 1] = first.dims
  const count = colours * rows
  const piece = first.bytes.length / count
  const pieces = Array.from({ length: count }, (_, i) =>
    [first, second].map(({ bytes }) => bytes.subarray(i * piece, (i + 1) * piece)),
  )
  return {
    ...first,
    name: 'v.patch_embed.weight',
    dims: [width, height, 2, count],
    bytes: Buffer.concat(pieces.flat()),
  }
}

/** Queries, keys and values that are in one matrix, as three. */
function apart(tensors: readonly EditedTensor[]): EditedTensor[] {
  return tensors.flatMap((tensor) => {
    if (!tensor.name.includes('attn_qkv')) return [tensor]
    const bytes = tensor.bytes.length / 3
    const dims = [...tensor.dims.slice(0, -1), tensor.dims.at(-1)! / 3]
    return ['q', 'k', 'v'].map((part, i) => ({
      ...tensor,
      name: tensor.name.replace('attn_qkv', `attn_${part}`),
      dims,
      bytes: tensor.bytes.subarray(i * bytes, (i + 1) * bytes),
    }))
  })
}
