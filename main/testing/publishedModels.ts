/// <reference lib="esnext.float16" />
import { readFileSync } from 'node:fs'
import { goldenModel } from './engineGoldens.ts'
import type { Family } from './engineGoldens.ts'
import {
  bool,
  inFormat,
  list,
  readGguf,
  string,
  tensorOf,
  u32,
  valuesOf,
  withEntries,
  withTensors,
} from './ggufEdit.ts'
import type { EditedFile, EditedTensor, Entry, Format } from './ggufEdit.ts'

/** The reference's language model or projector, taken apart. */
export const goldenFile = (family: Family, role: 'text' | 'projector'): EditedFile => {
  const { textPath, projectorPath } = goldenModel(family)
  return readGguf(readFileSync(role === 'text' ? textPath : projectorPath!))
}

/** All matrices in another type; patch embeddings (four dimensions) stay as they are, biases and norms too. */
export const quantized = (file: EditedFile, format: Format): EditedFile =>
  withTensors(file, (tensor) => (tensor.dims.length === 2 ? inFormat(tensor, format) : tensor))

/** What qwen2_vl_surgery.py wrote: no entries of convert_hf_to_gguf.py, flags of its own, and a tensor that nothing uses. */
export function surgery(file: EditedFile, fileType: number): EditedFile {
  const dummy = tensorOf('v.position_embd.weight', [10, 10], new Float32Array(100))
  const changed = withEntries(file, {
    'general.type': undefined,
    'general.size_label': undefined,
    'general.file_type': u32(fileType),
    'general.description': string('image encoder for Qwen2VL'),
    'clip.has_text_encoder': bool(false),
    'clip.has_qwen2vl_merger': bool(true),
    'clip.projector_type': string('qwen2vl_merger'),
    'clip.vision.feed_forward_length': u32(0),
    'clip.vision.n_wa_pattern': undefined,
  })
  return { ...changed, tensors: [...changed.tensors, dummy] }
}

/** As that tool did until spring 2025: the halves of each block's feed-forward under each other's names. */
export const exchanged = (file: EditedFile): EditedFile =>
  withTensors(file, (tensor) => ({
    ...tensor,
    name: tensor.name.replace(/ffn_(up|down)/, (_, half) => (half === 'up' ? 'ffn_down' : 'ffn_up')),
  }))

/** The Qwen2.5-VL fork of spring 2025; `blocks`: those that look at the whole picture. */
export const fork = (file: EditedFile, blocks: readonly number[]): EditedFile =>
  withEntries(surgery(file, 0), {
    'clip.use_rms_norm': bool(true),
    'clip.use_glu_mlp': bool(true),
    'clip.vision.fullatt_block_indexes': list('i32', blocks),
    'clip.vision.window_size': u32(112),
  })

/** The conversion of February 2025 that was never finished. */
export const unfinished = (file: EditedFile): EditedFile => {
  const width = file.metadata.get('clip.vision.embedding_length')!
  const changed = withEntries(surgery(file, 0), { 'clip.is_qwen2_5': bool(true), 'clip.vision.projection_dim': width })
  return withTensors(changed, (tensor) => ({ ...tensor, name: tensor.name.replace('v.post_ln', 'merger.ln_q') }))
}

/** Qwen2.5-Omni's: another projector type, and a sound part beside the tower. */
export const omni = (file: EditedFile): EditedFile => ({
  ...withEntries(file, {
    'clip.projector_type': string('qwen2.5o'),
    'clip.has_audio_encoder': bool(true),
    'clip.audio.block_count': u32(1),
  }),
  tensors: [
    ...file.tensors,
    ...['a.conv1d.1.weight', 'a.blk.0.ffn_up.weight', 'mm.a.fc.weight'].map((name) =>
      tensorOf(name, [32, 8], new Float32Array(256).fill(NaN)),
    ),
  ],
})

/** Queries, keys and values of each block in one tensor. */
export const fused = (file: EditedFile): EditedFile =>
  withTensors(file, (tensor) => {
    const [, block, letter, part] = /^(v\.blk\.\d+\.attn_)([qkv])\.(weight|bias)$/.exec(tensor.name) ?? []
    if (letter === undefined) return tensor
    if (letter !== 'q') return null
    const parts = [...'qkv'].map((each) =>
      valuesOf(file.tensors.find(({ name }) => name === `${block}${each}.${part}`)!),
    )
    const last = tensor.dims.length - 1
    const dims = tensor.dims.map((dim, i) => (i === last ? dim * 3 : dim))
    return tensorOf(`${block}qkv.${part}`, dims, Float32Array.from(parts.flatMap((values) => [...values])))
  })

/** Biases and norms in half precision. */
export const halfVectors = (file: EditedFile, format: 'F16' | 'BF16'): EditedFile =>
  withTensors(file, (tensor) => (isVector(tensor) ? inFormat(tensor, format) : tensor))

/** The same numbers kept as F32. */
export const roundedVectors = (file: EditedFile, format: 'F16' | 'BF16'): EditedFile =>
  withTensors(file, (tensor) =>
    isVector(tensor)
      ? tensorOf(
          tensor.name,
          tensor.dims,
          valuesOf(tensor).map((value) => rounded(value, format)),
        )
      : tensor,
  )

/** A language model with the header of a fine-tune: no family in its names unless told. */
export const fineTune = (
  file: EditedFile,
  name: string,
  changes: Readonly<Record<string, Entry | undefined>> = {},
): EditedFile => withEntries(file, { 'general.name': string(name), 'general.basename': undefined, ...changes })

/** Tokens as many as published models have, with those that came with Qwen2.5 or without; nothing else fits this vocabulary. */
export function fullVocabulary(file: EditedFile, hasNewTokens: boolean): EditedFile {
  const own = file.metadata.get('tokenizer.ggml.tokens')!.value as readonly string[]
  const added = hasNewTokens
    ? ['<tool_call>', '</tool_call>', '<|fim_prefix|>', '<|fim_middle|>', '<|repo_name|>', '<|file_sep|>']
    : []
  const tokens = [...own, ...added]
  const size = 151_936
  const padded = [...tokens, ...Array.from({ length: size - tokens.length }, (_, i) => `[PAD${i}]`)]
  const changed = withEntries(file, {
    'tokenizer.ggml.tokens': list('string', padded),
    'tokenizer.ggml.token_type': list(
      'i32',
      padded.map(() => 1),
    ),
  })
  return withTensors(changed, (tensor) =>
    tensor.name === 'token_embd.weight'
      ? { ...tensor, dims: [tensor.dims[0]!, size], type: 2, bytes: Buffer.alloc((tensor.dims[0]! / 32) * 18 * size) }
      : tensor,
  )
}

const isVector = ({ dims }: EditedTensor): boolean => dims.length === 1

function rounded(value: number, format: 'F16' | 'BF16'): number {
  const { bytes } = tensorOf('', [1], Float32Array.of(value), format)
  if (format === 'BF16') return Buffer.concat([Buffer.alloc(2), bytes]).readFloatLE(0)
  return new Float16Array(new Uint8Array(bytes).buffer)[0]!
}
