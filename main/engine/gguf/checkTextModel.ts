import { basename } from 'node:path'
import { AppError, say } from '#contract'
import { familiesOf, runningFamilies } from '../../lib/families/families.ts'
import { Fields, quantizationOf } from './header.ts'
import type { GgufHeader } from './header.ts'
import { APART, count, printable, unsupported, unusual } from './problems.ts'
import { readRecurrentBlocks } from './recurrentBlocks.ts'
import { textFamily } from './textFamily.ts'
import { checkTextTensors } from './textTensors.ts'
import type { CountedSizes, Experts, Form, TextSizes } from './textTensors.ts'
import { chatTokens } from './vocabulary.ts'

/** What is known of a language model from its header. Lengths in numbers, `trainedContext` in tokens. */
export interface TextModelFacts extends TextSizes {
  readonly name: string
  readonly architecture: Architecture
  /** Id of its family; null when nothing tells it. */
  readonly family: string | null
  /** How texts are split for its vocabulary, as llama.cpp calls it: with `qwen35` marks of letters belong to words. */
  readonly splitting: 'qwen2' | 'qwen35'
  /** Whether it does not say so, and llama.cpp has to be told. */
  readonly lacksSplitting: boolean
  readonly vocabSize: number
  /** Size of the file. */
  readonly bytes: number
  /** E.g. "Q4_K_M". */
  readonly quantization: string
  /** Whether every weight is F32: then full precision is wanted in the KV cache too. */
  readonly isF32: boolean
  readonly chatTemplate: string | null
  readonly weights: WeightBytes
}

/** Bytes of the tensors by where they are used. `output` 0: the token embeddings serve for the output too. */
export interface WeightBytes {
  readonly embeddings: number
  readonly blocks: readonly number[]
  readonly output: number
}

/** What differs between the language models that run, by `general.architecture`. */
const forms = {
  qwen2vl: { hasHeadNorms: false, hasExperts: false, isHybrid: false },
  qwen3vl: { hasHeadNorms: true, hasExperts: false, isHybrid: false },
  qwen3vlmoe: { hasHeadNorms: true, hasExperts: true, isHybrid: false },
  qwen35: { hasHeadNorms: true, hasExperts: false, isHybrid: true },
  qwen35moe: { hasHeadNorms: true, hasExperts: true, isHybrid: true },
} as const satisfies Record<string, Form>
export type Architecture = keyof typeof forms

const isArchitecture = (name: string): name is Architecture => Object.hasOwn(forms, name)
/** What Ollama's own converter calls Qwen2.5-VL; llama.cpp does not read such files. */
const OLLAMA_ARCHITECTURE = 'qwen25vl'
const MAX_NAME = 80
const MAX_BLOCKS = 512
const MAX_LENGTH = 65_536
const MAX_FEED_FORWARD = 1 << 20
const MAX_CONTEXT = 1 << 24
/** As many as llama.cpp v0.4 has room for. */
const MAX_EXPERTS = 512
const ROPE_SCALING = ['none', 'linear', 'yarn', 'longrope']
/** How llama.cpp calls the ways in which Qwen's vocabularies split texts; "default" and none are converters that did not know. */
const SPLITTINGS = ['qwen2', 'deepseek-r1-qwen']
const UNKNOWN_SPLITTINGS = [null, '', 'default']
const SPECIAL_TOKENS = ['bos', 'eos', 'eot', 'padding', 'unknown']

/**
 * Checks that the header is that of a language model of a family that runs, which llama.cpp loads and computes without
 * running into one of its assertions, which would end the process.
 * @throws AppError UnsupportedModel, ProjectorMismatch when it is a projector.
 */
export function checkTextModel(header: GgufHeader): TextModelFacts {
  const fields = new Fields(header)
  const architecture = checkKind(header, fields)
  const foreign = [...header.tensors.keys()].find((name) => /^(v|mm|a)\./.test(name))
  if (foreign)
    throw unusual(header.path, `it holds parts of a projector too (${foreign}), which llama.cpp does not read`)
  const { allBlocks, ...sizes } = readSizes(header, fields, architecture)
  checkVariant(header, fields, sizes, architecture)
  const vocabSize = checkVocabulary(header, fields, forms[architecture])
  checkTextTensors(header, { ...sizes, allBlocks }, vocabSize, forms[architecture])
  return {
    ...sizes,
    name: printable(fields.text('general.name') || basename(header.path).replace(/\.gguf$/i, ''), MAX_NAME),
    architecture,
    family: textFamily(header).family,
    ...splittingOf(fields, forms[architecture]),
    vocabSize,
    bytes: header.fileBytes,
    quantization: quantizationOf(header),
    isF32: [...header.tensors.values()].every((tensor) => tensor.type.name === 'F32'),
    // of a list of templates the one for plain chats is named so
    chatTemplate: fields.text('tokenizer.chat_template') ?? fields.text('tokenizer.chat_template.default'),
    weights: weightBytes(header, sizes.blocks),
  }
}

function weightBytes(header: GgufHeader, count: number): WeightBytes {
  const blocks = new Array<number>(count).fill(0)
  for (const { name, bytes } of header.tensors.values()) {
    const block = /^blk\.(\d+)\./.exec(name)?.[1]
    if (block !== undefined && Number(block) < count) blocks[Number(block)]! += bytes
  }
  const of = (name: string) => header.tensors.get(name)?.bytes ?? 0
  return { embeddings: of('token_embd.weight'), blocks, output: of('output.weight') }
}

function checkKind(header: GgufHeader, fields: Fields): Architecture {
  const { path } = header
  const architecture = fields.text('general.architecture')
  const advice = `Choose a ${runningFamilies} model.`
  if (architecture === null) throw unsupported(path, `does not say what kind of model it is. ${advice}`)
  if (architecture === 'clip')
    throw new AppError(
      'ProjectorMismatch',
      say`${basename(path)} is a projector, not a language model. The two files seem to be swapped: choose it as the projector.`,
      { path },
    )
  if (architecture === OLLAMA_ARCHITECTURE)
    throw unsupported(
      path,
      `is a Qwen2.5-VL model in the form of Ollama, which keeps it in one file with its projector. ${APART}`,
    )
  if (architecture === 'qwen2vl' && textFamily(header).family === 'qwen25omni')
    throw unsupported(path, `is the language model of Qwen2.5-Omni, which is not supported yet. ${advice}`)
  if (isArchitecture(architecture)) return architecture
  const [family] = familiesOf(architecture)
  if (family) throw unsupported(path, `is a ${family.label} model, which is not supported yet. ${advice}`)
  throw unsupported(path, `is a model of the kind "${printable(architecture, MAX_NAME)}". ${advice}`)
}

function readSizes(header: GgufHeader, fields: Fields, architecture: Architecture): CountedSizes {
  const { path } = header
  const { hasHeadNorms, hasExperts, isHybrid } = forms[architecture]
  const key = (name: string) => `${architecture}.${name}`
  const allBlocks = fields.u32(key('block_count'), { min: 1, max: MAX_BLOCKS })
  const blocks = allBlocks - (isHybrid ? guessingBlocks(fields, key, allBlocks) : 0)
  const embeddingLength = fields.u32(key('embedding_length'), { min: 1, max: MAX_LENGTH })
  const experts = hasExperts ? readExperts(fields, key, isHybrid) : null
  const feedForwardLength = experts
    ? experts.used * experts.feedForwardLength + (experts.sharedLength ?? 0)
    : fields.u32(key('feed_forward_length'), { min: 1, max: MAX_FEED_FORWARD })
  const trainedContext = fields.u32(key('context_length'), { min: 1, max: MAX_CONTEXT })
  const heads = fields.u32(key('attention.head_count'), { min: 1, max: embeddingLength })
  const kvKey = key('attention.head_count_kv')
  const kvHeads = fields.has(kvKey) ? fields.u32(kvKey, { min: 1, max: heads }) : heads
  const headDim = hasHeadNorms
    ? fields.u32(key('attention.key_length'), { min: 1, max: MAX_LENGTH })
    : embeddingLength / heads
  const recurrent = isHybrid ? readRecurrentBlocks(header, fields, key, blocks, allBlocks) : null
  const deepstackLayers = hasHeadNorms && !isHybrid ? fields.u32(key('n_deepstack_layers'), { max: blocks }) : 0
  if (!Number.isInteger(headDim) || heads % kvHeads !== 0)
    throw unusual(path, `${heads} attention heads and ${kvHeads} key heads do not fit a width of ${embeddingLength}`)
  const ropeSections = fields.numbers(key('rope.dimension_sections'), 4, ['i32', 'u32'])
  const pairs = ropeSections.reduce((sum, section) => sum + section, 0)
  const turned = isHybrid ? fields.u32(key('rope.dimension_count'), { min: 2, max: headDim }) : headDim
  if (ropeSections.some((section) => section < 0) || ropeSections[3] !== 0 || pairs * 2 !== turned)
    throw unusual(path, `its rope.dimension_sections ${ropeSections.join(', ')} do not fit a head of ${headDim}`)
  return {
    ...{
      blocks,
      allBlocks,
      embeddingLength,
      feedForwardLength,
      heads,
      kvHeads,
      headDim,
      experts,
      recurrent,
      deepstackLayers,
    },
    ...{ trainedContext, ropeSections },
  }
}

/** How many blocks behind the model guess further tokens ahead (MTP). */
function guessingBlocks(fields: Fields, key: (name: string) => string, all: number): number {
  const name = key('nextn_predict_layers')
  return fields.has(name) ? fields.u32(name, { max: all - 1 }) : 0
}

function readExperts(fields: Fields, key: (name: string) => string, hasShared: boolean): Experts {
  const number = fields.u32(key('expert_count'), { min: 1, max: MAX_EXPERTS })
  const width = { min: 1, max: MAX_FEED_FORWARD }
  return {
    ...(hasShared && { sharedLength: fields.u32(key('expert_shared_feed_forward_length'), width) }),
    count: number,
    used: fields.u32(key('expert_used_count'), { min: 1, max: number }),
    feedForwardLength: fields.u32(key('expert_feed_forward_length'), width),
  }
}

/** Optional settings that this architecture's graph does not have, or that llama.cpp asserts on. */
function checkVariant(header: GgufHeader, fields: Fields, sizes: TextSizes, architecture: Architecture): void {
  const { path } = header
  const key = (name: string) => `${architecture}.${name}`
  const only = (name: string, value: number) => {
    if (fields.has(key(name)) && fields.u32(key(name)) !== value)
      throw unsupported(path, `has an unusual ${key(name)}. Choose another conversion of the model.`)
  }
  if (fields.has('general.file_type')) fields.u32('general.file_type')
  fields.f32(key('attention.layer_norm_rms_epsilon'), { min: 0, max: 1 })
  // without it llama.cpp takes the width's share of a head
  if (forms[architecture].hasHeadNorms) fields.u32(key('attention.value_length'))
  const { isHybrid } = forms[architecture]
  for (const name of ['attention.key_length', 'attention.value_length']) only(name, sizes.headDim)
  if (!isHybrid) only('rope.dimension_count', sizes.headDim)
  for (const name of ['attention.key_length_swa', 'attention.value_length_swa', 'rope.dimension_count_swa'])
    only(name, sizes.headDim)
  if (!sizes.experts) for (const name of ['expert_count', 'expert_used_count']) only(name, 0)
  for (const name of ['expert_group_count', 'expert_group_used_count']) only(name, 0)
  for (const name of isHybrid ? ['pooling_type'] : ['nextn_predict_layers', 'pooling_type']) only(name, 0)
  only('embedding_length_out', sizes.embeddingLength)
  if (!fields.bool(key('attention.causal'), true))
    throw unsupported(path, 'is not a model that writes text. Choose another one.')
  if (fields.has(key('rope.freq_base'))) fields.f32(key('rope.freq_base'), { min: 1, max: 1e12 })
  const scaling = fields.text(key('rope.scaling.type')) ?? (fields.has(key('rope.scaling.type')) ? '' : 'none')
  if (!ROPE_SCALING.includes(scaling))
    throw unsupported(path, `has an unknown ${key('rope.scaling.type')}. Choose another conversion of the model.`)
  const originalKey = key('rope.scaling.original_context_length')
  if (fields.has(originalKey)) fields.u32(originalKey, { min: 1, max: MAX_CONTEXT })
  for (const name of ['rope.scaling.factor', 'rope.scale_linear', 'rope.scaling.attn_factor', 'rope.scaling.alpha'])
    if (fields.has(key(name))) fields.f32(key(name), { min: 0, max: 1e6 })
}

/** A hybrid model was trained with its own way only, whatever a converter that did not know it wrote. */
function splittingOf(fields: Fields, { isHybrid }: Form): Pick<TextModelFacts, 'splitting' | 'lacksSplitting'> {
  const named = fields.text('tokenizer.ggml.pre') ?? ''
  if (isHybrid) return { splitting: 'qwen35', lacksSplitting: named !== 'qwen35' }
  return { splitting: 'qwen2', lacksSplitting: !SPLITTINGS.includes(named) }
}

/** The number of tokens. */
function checkVocabulary(header: GgufHeader, fields: Fields, { isHybrid }: Form): number {
  const { path, vocabulary } = header
  const splitting = fields.text('tokenizer.ggml.pre')
  const known = [...SPLITTINGS, ...UNKNOWN_SPLITTINGS, ...(isHybrid ? ['qwen35'] : [])]
  if (fields.text('tokenizer.ggml.model') !== 'gpt2' || !known.includes(splitting))
    throw unsupported(path, 'does not have the vocabulary of a Qwen model. Choose another conversion of the model.')
  const tokens = fields.listLength('tokenizer.ggml.tokens', ['string']) ?? 0
  if (tokens === 0) throw unusual(path, 'it has no vocabulary')
  if (fields.listLength('tokenizer.ggml.merges', ['string']) === null)
    throw unusual(path, 'its tokenizer.ggml.merges is missing')
  if (vocabulary.problem) throw unusual(path, vocabulary.problem)
  for (const [key, types] of [
    ['tokenizer.ggml.token_type', ['i32']],
    ['tokenizer.ggml.scores', ['f32', 'i32']],
  ] as const) {
    const length = fields.listLength(key, types) ?? tokens
    if (length !== tokens) throw unusual(path, `${key} has ${count(length)} values for ${count(tokens)} tokens`)
  }
  for (const name of SPECIAL_TOKENS) {
    const key = `tokenizer.ggml.${name}_token_id`
    if (fields.has(key)) fields.u32(key, { max: tokens - 1 })
  }
  const missing = chatTokens.filter((token) => !vocabulary.found.has(token))
  if (missing.length > 0)
    throw unsupported(
      path,
      `has no ${missing.join(', ')} in its vocabulary, so it cannot chat about pictures. Choose a ${runningFamilies} model.`,
    )
  return tokens
}
