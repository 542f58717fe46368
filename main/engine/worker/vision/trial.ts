import { readFile, rename, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import path from 'node:path'
import { timed } from '../native/products.ts'
import type { Runtime } from '../native/runtime.ts'
import type { TowerSpeed } from '../../types.ts'
import { MICROSOFT, ModelWriter, OnnxType } from '../onnx/model.ts'
import type { OnnxRuntime } from '../onnx/runtime.ts'
import { product, quantize } from './onnxTowerModels.ts'
import type { BlockForms, Form, Matrix } from './onnxTowerModels.ts'
import { ATTENTION_PROBE, PROBE, attentionMs, fastestKind, plainMs } from './projector.ts'

/**
 * What one product takes on this computer in each form, and `attention` of patches, processor time in ms; null: it cannot be
 * computed, or not rightly.
 */
export interface Trial {
  readonly ggml: { readonly exact: number; readonly rounded: number; readonly attention: number }
  readonly onnx: Readonly<Record<Form, number | null>> & { readonly attention: number }
}

const FORMS = ['f32', 'blocks', 'rows'] as const satisfies readonly Form[]

/** What was found out by trying, in a file, and gone when that cannot be read or is of another computer or other libraries. */
export class Findings {
  private readonly file: string | null
  /** Of this computer and these libraries. */
  private readonly name: string
  private found: { name: string; trial?: Trial; projectors?: Record<string, readonly BlockForms[]> }

  private constructor(file: string | null, name: string) {
    this.file = file
    this.name = name
    this.found = { name }
  }

  /** `folder` null: nothing is kept. */
  static async open(folder: string | null, runtime: Runtime, onnx: OnnxRuntime): Promise<Findings> {
    const processor = `${cpus()[0]?.model ?? ''} x ${availableParallelism()}`
    const name = `${processor}, ONNX Runtime ${onnx.version}, llama.cpp ${runtime.release}, 2`
    const findings = new Findings(folder && path.join(folder, 'vision.json'), name)
    try {
      const found = JSON.parse(await readFile(findings.file ?? '', 'utf8')) as typeof findings.found
      if (found.name === name) findings.found = found
    } catch {
      // the first time, or damaged: it is tried again
    }
    return findings
  }

  /** How fast products are here, tried once. */
  async trial(runtime: Runtime, onnx: OnnxRuntime): Promise<Trial> {
    return (this.found.trial ??= await this.kept({ trial: await tryProducts(runtime, onnx) }).then((all) => all.trial!))
  }

  /** The forms of a projector's products, null when they were not measured. `projector`: its fingerprint. */
  forms(projector: string): readonly BlockForms[] | null {
    return this.found.projectors?.[projector] ?? null
  }

  async keepForms(projector: string, forms: readonly BlockForms[]): Promise<void> {
    await this.kept({ projectors: { ...this.found.projectors, [projector]: forms } })
  }

  private async kept(change: Partial<Omit<typeof this.found, 'name'>>): Promise<typeof this.found> {
    this.found = { ...this.found, name: this.name, ...change }
    try {
      if (this.file) {
        const part = `${this.file}.${process.pid}.part`
        await writeFile(part, JSON.stringify(this.found))
        await rename(part, this.file)
      }
    } catch {
      // it is found out again
    }
    return this.found
  }
}

async function tryProducts(runtime: Runtime, onnx: OnnxRuntime): Promise<Trial> {
  const times = { f32: null, blocks: null, rows: null } as Record<Form, number | null>
  for (const form of FORMS) times[form] = (await isRight(onnx, form)) ? await time(onnx, form) : null
  return {
    ggml: {
      exact: await plainMs(runtime),
      rounded: (await fastestKind(runtime)).ms,
      attention: await attentionMs(runtime),
    },
    onnx: { ...times, attention: await timeAttention(onnx) },
  }
}

/** What a core computes in a second, from the times of the trial. */
export function speedOf(productMs: number, attentionMs: number): TowerSpeed {
  const { inputs, outputs, columns } = PROBE
  const { queries, keys, heads, headLength } = ATTENTION_PROBE
  return {
    products: (2 * inputs * outputs * columns * 1000) / productMs,
    attention: (4 * queries * keys * heads * headLength * 1000) / attentionMs,
  }
}

function productModel(matrix: Matrix, form: Form): Uint8Array {
  const model = new ModelWriter()
  const x = model.input('x', OnnxType.F32, ['count', matrix.columns])
  const y = product(model, x, matrix, '', form, form === 'rows' ? quantize(model, x) : [])
  model.node('Identity', [y], {}, { outputs: ['y'] })
  model.output('y', OnnxType.F32, ['count', matrix.rows])
  return model.finish()
}

/**
 * Whether sums of the largest numbers come out right: processors without instructions for 8-bit products add pairs of them
 * in 16 bits, where the largest do not fit.
 */
async function isRight(onnx: OnnxRuntime, form: Form): Promise<boolean> {
  const [columns, rows, count] = [512, 64, 16]
  let state = 1
  const bit = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 31
  const numbers = Float32Array.from({ length: columns * rows }, () => 2 * bit() - 1)
  const x = Float32Array.from({ length: columns * count }, bit)
  const y = new Float32Array(rows * count)
  try {
    using session = await onnx.session(productModel({ numbers, columns, rows }, form))
    await session.run(
      { x: { type: OnnxType.F32, dims: [count, columns], data: x } },
      { y: { type: OnnxType.F32, dims: [count, rows], data: y } },
    )
  } catch {
    return false
  }
  return y.every((found, i) => {
    const [from, row] = [Math.floor(i / rows) * columns, (i % rows) * columns]
    let sum = 0
    for (let k = 0; k < columns; k++) sum += x[from + k]! * numbers[row + k]!
    return Math.abs(found - sum) < 0.5
  })
}

/** Processor time of one product, in ms: how busy the computer is right now does not matter. */
async function time(onnx: OnnxRuntime, form: Form): Promise<number> {
  const { inputs, outputs, columns: count } = PROBE
  const numbers = new Float32Array(inputs * outputs).fill(0.01)
  using session = await onnx.session(productModel({ numbers, columns: inputs, rows: outputs }, form))
  const x = { type: OnnxType.F32, dims: [count, inputs], data: new Float32Array(inputs * count).fill(0.5) }
  const y = { type: OnnxType.F32, dims: [count, outputs], data: new Float32Array(outputs * count) }
  return (await timed(() => session.run({ x }, { y }))).processorMs
}

async function timeAttention(onnx: OnnxRuntime): Promise<number> {
  const { queries, keys, heads, headLength } = ATTENTION_PROBE
  const width = heads * headLength
  const model = new ModelWriter()
  const inputs = ['q', 'k', 'v'].map((name) => model.input(name, OnnxType.F32, [1, `${name}s`, width]))
  const [y] = model.node('MultiHeadAttention', inputs, { num_heads: heads }, { domain: MICROSOFT })
  model.node('Identity', [y!], {}, { outputs: ['y'] })
  model.output('y', OnnxType.F32, [1, 'qs', width])
  using session = await onnx.session(model.finish())
  const rows = (count: number) => ({
    type: OnnxType.F32,
    dims: [1, count, width],
    data: new Float32Array(count * width).fill(0.5),
  })
  const [q, k, v, out] = [rows(queries), rows(keys), rows(keys), rows(queries)]
  return (await timed(() => session.run({ q, k, v }, { y: out }))).processorMs
}
