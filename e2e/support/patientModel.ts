import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readGguf, string, u32, withEntries, writeGguf } from '../../main/testing/ggufEdit.ts'
import type { EditedTensor, Entry } from '../../main/testing/ggufEdit.ts'
import { root } from './electronProgram.ts'

/** Layers added to the demo model's: each adds its time to every token. */
const LAYERS = 60
/** Its trained context, in tokens: with `untilStopped` room for an answer that takes minutes on any computer. */
const CONTEXT = 8192
/** The token that it writes where the demo model would end. */
const LETTER = 'Z'
const demo = join(root, 'resources/demo-model')

/** What is chosen with it, so that its answers are as long as its context and not as long as the default allows. */
export const untilStopped = { maxTokens: CONTEXT } as const

/** The two files of a model. */
export interface ModelPaths {
  readonly text: string
  readonly projector: string
}

/**
 * Makes a model out of the demo model that answers slowly and without end, so that there is time to stop it, to kill it
 * and to see it write: layers that add nothing (their outputs are zero), a letter that is written where the demo model would
 * end (its row of the embedding is the end token's, enlarged), and an end that is not drawn at any temperature (its row of
 * the output, which is a matrix of its own here, is zero). `writes` is the text of that letter: printable ASCII without spaces;
 * `layers`: how many are added.
 */
export function patientModel(writes = LETTER, layers = LAYERS): ModelPaths {
  const folder = join(root, 'test-results/models')
  const source = readFileSync(join(demo, 'demo-text-f16.gguf'))
  // named by what it is made of: another demo model gives another one
  const of = createHash('sha256').update(source).digest('hex').slice(0, 12)
  const text = join(folder, `patient-untied2-${of}-${CONTEXT}-${layers}-${Buffer.from(writes).toString('hex')}.gguf`)
  if (!existsSync(text)) {
    mkdirSync(folder, { recursive: true })
    const partial = `${text}.${process.pid}`
    writeFileSync(partial, make(source, writes, layers))
    renameSync(partial, text)
  }
  return { text, projector: join(demo, 'demo-mmproj-f16.gguf') }
}

function make(source: Buffer, writes: string, layers: number): Buffer {
  const file = readGguf(source)
  const { metadata, tensors } = file
  const keyOf = (ending: string) => [...metadata.keys()].find((key) => key.endsWith(ending)) ?? ending
  const blocks = Number(metadata.get(keyOf('.block_count'))?.value)
  const vocabulary = metadata.get('tokenizer.ggml.tokens') as Entry & { readonly value: readonly string[] }
  const tokens = vocabulary.value
  const end = tokens.indexOf('<|im_end|>')
  const tied = tensors.find(({ name }) => name === 'token_embd.weight')!
  const embedding = copiedRow(tied, end, tokens.indexOf(LETTER), 2)
  const output = { ...copiedRow(embedding, end, end, 0), name: 'output.weight' }
  const first = tensors.filter(({ name }) => name.startsWith('blk.0.'))
  const idle = Array.from({ length: layers }, (_, index) =>
    first.map((tensor) => idleTensor(tensor, blocks + index)),
  ).flat()
  const changed = withEntries(file, {
    [keyOf('.block_count')]: u32(blocks + layers),
    [keyOf('.context_length')]: u32(CONTEXT),
    'tokenizer.ggml.tokens': { ...vocabulary, value: tokens.map((token) => (token === LETTER ? writes : token)) },
  })
  const rest = tensors.map((tensor) => (tensor === tied ? embedding : tensor))
  return writeGguf({ ...changed, tensors: [...rest, output, ...idle] })
}

function idleTensor(tensor: EditedTensor, block: number): EditedTensor {
  const isOutput = /attn_output|ffn_down/.test(tensor.name)
  return {
    ...tensor,
    name: tensor.name.replace('blk.0.', `blk.${block}.`),
    bytes: isOutput ? Buffer.alloc(tensor.bytes.length) : tensor.bytes,
  }
}

/** Copies row `from` of an f16 matrix to row `to`, `factor` times as large. */
function copiedRow(tensor: EditedTensor, from: number, to: number, factor: number): EditedTensor {
  const width = tensor.dims[0] ?? 0
  const rows = new Float16Array(new Uint8Array(tensor.bytes).buffer)
  const row = rows.slice(from * width, (from + 1) * width).map((value) => value * factor)
  rows.set(row, to * width)
  return { ...tensor, bytes: Buffer.from(rows.buffer) }
}

/** A copy of a language model in `folder` that goes by another name, with the same projector. */
export function namedModel(folder: string, name: string, model: ModelPaths): ModelPaths {
  const text = join(folder, `${name.replaceAll(' ', '-')}.gguf`)
  const file = readGguf(readFileSync(model.text))
  writeFileSync(text, writeGguf(withEntries(file, { 'general.name': string(name) })))
  return { text, projector: model.projector }
}
