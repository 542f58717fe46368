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
