import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './electronProgram.ts'
import { readGguf, writeGguf } from './ggufFile.ts'
import type { Tensor } from './ggufFile.ts'

/** Layers added to the demo model's: each adds its time to every token. */
const LAYERS = 60
/** Its trained context, in tokens: with `untilStopped` room for an answer that takes minutes on any computer. */
const CONTEXT = 8192
/** The token that it writes where the demo model would end. */
const LETTER = 'Z'
const demo = join(root, 'resources/demo-model')

/** What is chosen with it, so that its answers are as long as its context and not as long as the default allows. */
export const untilStopped = { maxTokens: CONTEXT } as const

/** The two files of a model that takes its time and does not end by itself. */
export interface PatientModel {
  readonly text: string
  readonly projector: string
}

/**
 * Makes a model out of the demo model that answers slowly and without end, so that there is time to stop it, to kill it
 * and to see it write: layers that add nothing (their outputs are zero), a letter that is written where the demo model would
 * end (its row of the embedding is the end token's, enlarged), and an end that is not drawn at any temperature (its row of
 * the output, which is a matrix of its own here, is zero). `writes` is the text of that letter: printable ASCII without spaces.
 */
export function patientModel(writes = LETTER): PatientModel {
  const folder = join(root, 'test-results/models')
  const source = readFileSync(join(demo, 'demo-text-f16.gguf'))
  // named by what it is made of: another demo model gives another one
  const of = createHash('sha256').update(source).digest('hex').slice(0, 12)
  const text = join(folder, `patient-untied2-${of}-${CONTEXT}-${LAYERS}-${Buffer.from(writes).toString('hex')}.gguf`)
  if (!existsSync(text)) {
    mkdirSync(folder, { recursive: true })
    const partial = `${text}.${process.pid}`
    writeFileSync(partial, make(source, writes))
    renameSync(partial, text)
  }
  return { text, projector: join(demo, 'demo-mmproj-f16.gguf') }
}

function make(source: Buffer, writes: string): Buffer {
  const { metadata, tensors } = readGguf(source)
  const u32 = (key: string) => metadata.find((entry) => entry.key.endsWith(key))?.value.readUInt32LE() ?? 0
  const blocks = u32('.block_count')
  const tokens = tokenTexts(metadata.find(({ key }) => key === 'tokenizer.ggml.tokens')?.value ?? Buffer.alloc(0))
  const end = tokens.indexOf('<|im_end|>')
  const tied = tensors.find(({ name }) => name === 'token_embd.weight')!
  const embedding = copiedRow(tied, end, tokens.indexOf(LETTER), 2)
  const output = { ...copiedRow(embedding, end, end, 0), name: 'output.weight' }
  const first = tensors.filter(({ name }) => name.startsWith('blk.0.'))
  const idle = Array.from({ length: LAYERS }, (_, index) =>
    first.map((tensor) => idleTensor(tensor, blocks + index)),
  ).flat()
  return writeGguf({
    metadata: metadata.map((entry) => {
      if (entry.key.endsWith('.block_count'))
        return { ...entry, value: Buffer.from(Uint32Array.of(blocks + LAYERS).buffer) }
      if (entry.key.endsWith('.context_length')) return { ...entry, value: Buffer.from(Uint32Array.of(CONTEXT).buffer) }
      if (entry.key === 'tokenizer.ggml.tokens')
        return { ...entry, value: textArray(tokens.map((token) => (token === LETTER ? writes : token))) }
      return entry
    }),
    tensors: [...tensors.map((tensor) => (tensor === tied ? embedding : tensor)), output, ...idle],
  })
}

function idleTensor(tensor: Tensor, block: number): Tensor {
  const isOutput = /attn_output|ffn_down/.test(tensor.name)
  return {
    ...tensor,
    name: tensor.name.replace('blk.0.', `blk.${block}.`),
    data: isOutput ? Buffer.alloc(tensor.data.length) : tensor.data,
  }
}

/** Copies row `from` of an f16 matrix to row `to`, `factor` times as large. */
function copiedRow(tensor: Tensor, from: number, to: number, factor: number): Tensor {
  const width = Number(tensor.dims[0])
  const rows = new Float16Array(new Uint8Array(tensor.data).buffer)
  const row = rows.slice(from * width, (from + 1) * width).map((value) => value * factor)
  rows.set(row, to * width)
  return { ...tensor, data: Buffer.from(rows.buffer) }
}

/** An array of strings as GGUF stores it. */
function tokenTexts(tokens: Buffer): string[] {
  const texts: string[] = []
  for (let at = 12; at < tokens.length; ) {
    const length = Number(tokens.readBigUInt64LE(at))
    texts.push(tokens.toString('utf8', at + 8, at + 8 + length))
    at += 8 + length
  }
  return texts
}

/** The reverse of `tokenTexts`. */
function textArray(texts: readonly string[]): Buffer {
  const header = Buffer.alloc(12)
  header.writeUInt32LE(8, 0)
  header.writeBigUInt64LE(BigInt(texts.length), 4)
  const length = (text: string) => Buffer.from(BigUint64Array.of(BigInt(Buffer.byteLength(text))).buffer)
  return Buffer.concat([header, ...texts.flatMap((text) => [length(text), Buffer.from(text)])])
}
