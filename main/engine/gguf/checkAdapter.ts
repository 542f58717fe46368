import type { AppError } from '#contract'
import type { TextModelFacts } from './checkTextModel.ts'
import { Fields, requireMatrix } from './header.ts'
import type { GgufHeader } from './header.ts'
import type { RecurrentBlocks } from './recurrentBlocks.ts'
import { printable, unsupported, unusual } from './problems.ts'

/** What is known of a LoRA adapter from its header. */
export interface AdapterFacts {
  /** Weights of the model that it changes. */
  readonly weights: number
  /** Size of the file. */
  readonly bytes: number
}

const MAX_NAME = 80
const PAIR = /^(.+)\.lora_([ab])$/
const MAX_ALPHA = 1e6

/**
 * Checks that the header is that of a LoRA adapter whose every pair of matrices fits a weight of `model`, so that
 * llama.cpp neither runs into an assertion while reading it nor while computing with it.
 * @throws AppError UnsupportedModel.
 */
export function checkAdapter(header: GgufHeader, model: TextModelFacts): AdapterFacts {
  const { path } = header
  const fields = new Fields(header)
  if (fields.text('general.type') !== 'adapter' || fields.text('adapter.type') !== 'lora')
    throw unsupported(path, 'is not a LoRA adapter. Choose an adapter in the GGUF format.')
  const architecture = fields.text('general.architecture')
  if (architecture !== model.architecture)
    throw unsupported(
      path,
      `is an adapter for models of the kind "${printable(architecture ?? 'unknown', MAX_NAME)}". Choose one made for ${model.name}.`,
    )
  if (fields.has('adapter.lora.alpha')) fields.f32('adapter.lora.alpha', { min: -MAX_ALPHA, max: MAX_ALPHA })
  if (fields.has('adapter.alora.invocation_tokens'))
    throw unsupported(
      path,
      'starts to work in the middle of a text (aLoRA), which is not supported. Choose a plain LoRA adapter.',
    )
  const shapes = weightShapes(model)
  const changed = new Set<string>()
  for (const { name } of header.tensors.values()) {
    // llama.cpp passes over norms
    if (name.endsWith('_norm.weight')) continue
    const weight = PAIR.exec(name)?.[1]
    if (weight === undefined)
      throw unusual(path, `the tensor ${printable(name, MAX_NAME)} belongs to no pair of matrices`)
    changed.add(weight)
  }
  if (changed.size === 0) throw unusual(path, 'it changes no weight')
  for (const weight of changed) checkPair(header, weight, shapes, model)
  return { weights: changed.size, bytes: header.fileBytes }
}

/** a: [columns, rank], b: [rank, rows]; for the token embeddings a: [rank, tokens], b: [rank, columns]. */
function checkPair(
  header: GgufHeader,
  weight: string,
  shapes: ReadonlyMap<string, Shape>,
  model: TextModelFacts,
): void {
  const { path } = header
  const shape = shapes.get(weight)
  if (!shape && model.experts && FEED_FORWARD.test(weight))
    throw unsupported(
      path,
      `changes experts of ${model.name} or their choice, which is not supported. Choose an adapter that changes its attention alone.`,
    )
  if (!shape)
    throw doesNotFit(path, `changes the weight ${printable(weight, MAX_NAME)}, which ${model.name} does not have`)
  const [columns, rows] = shape
  const a = header.tensors.get(`${weight}.lora_a`)
  const b = header.tensors.get(`${weight}.lora_b`)
  if (!a || !b) throw unusual(path, `one of the two matrices for ${weight} is missing`)
  const isEmbedding = weight === EMBEDDING
  // llama.cpp multiplies with them as if they were those of any matrix, which ends the process
  if (isEmbedding && model.weights.output === 0)
    throw unsupported(
      path,
      `changes the token embeddings, which ${model.name} uses for its output too. Choose another adapter.`,
    )
  const rank = b.dims[0]!
  const first = isEmbedding ? [rank, rows] : [columns, rank]
  const second = isEmbedding ? [rank, columns] : [rank, rows]
  for (const [tensor, dims] of [
    [a, first],
    [b, second],
  ] as const) {
    const same = [0, 1, 2, 3].every((i) => (tensor.dims[i] ?? 1) === (dims[i] ?? 1))
    if (!same)
      throw doesNotFit(
        path,
        `has a matrix for ${weight} of ${tensor.dims.join(' x ')} numbers instead of ${dims.join(' x ')}`,
      )
    requireMatrix(header, tensor.name, dims)
  }
}

type Shape = readonly [columns: number, rows: number]
type Part = readonly [name: string, columns: number, rows: number]
const EMBEDDING = 'token_embd.weight'
const FEED_FORWARD = /^blk\.\d+\.ffn_/

/** The matrices that an adapter may change. Those of a mixture's experts, which are stacks of many, are not among them. */
function weightShapes(model: TextModelFacts): Map<string, Shape> {
  const {
    blocks,
    embeddingLength: width,
    feedForwardLength: inner,
    heads,
    headDim,
    kvHeads,
    experts,
    recurrent,
    vocabSize,
  } = model
  const shapes = new Map<string, Shape>([[EMBEDDING, [width, vocabSize]]])
  if (model.weights.output > 0) shapes.set('output.weight', [width, vocabSize])
  const queries = headDim * heads
  const keys = headDim * kvHeads
  const attention: readonly Part[] = [
    // of a hybrid model with the queries' gates
    ['attn_q', width, recurrent ? 2 * queries : queries],
    ['attn_k', width, keys],
    ['attn_v', width, keys],
    ['attn_output', queries, width],
  ]
  const feedForward: readonly Part[] = [
    ['ffn_gate', width, inner],
    ['ffn_up', width, inner],
    ['ffn_down', inner, width],
  ]
  for (let i = 0; i < blocks; i++)
    for (const [part, columns, rows] of [
      ...(recurrent?.isRecurrent[i] ? recurrentParts(recurrent, width) : attention),
      ...(experts ? [] : feedForward),
    ])
      shapes.set(`blk.${i}.${part}.weight`, [columns, rows])
  return shapes
}

/** What blocks have in place of attention; the convolution is no matrix that is multiplied. */
function recurrentParts({ headLength, keyHeads, valueHeads }: RecurrentBlocks, width: number): readonly Part[] {
  const inner = headLength * valueHeads
  return [
    ['attn_qkv', width, inner + 2 * headLength * keyHeads],
    ['attn_gate', width, inner],
    ['ssm_alpha', width, valueHeads],
    ['ssm_beta', width, valueHeads],
    ['ssm_out', inner, width],
  ]
}

function doesNotFit(path: string, what: string): AppError {
  return unsupported(path, `${what}. Choose an adapter that was made for this model.`)
}
