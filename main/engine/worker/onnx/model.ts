/** `TensorProto.DataType` of ONNX, those that are written here. */
export const OnnxType = { F32: 1, U8: 2, I8: 3, I32: 6, I64: 7, F16: 10 } as const
export type OnnxType = (typeof OnnxType)[keyof typeof OnnxType]

/** A constant of a model: its shape and its bytes, little-endian. */
export interface Constant {
  readonly type: OnnxType
  readonly dims: readonly number[]
  readonly data: ArrayBufferView
}

/** An input or output: a number is a fixed side, a name one that is known when it runs. */
export interface Port {
  readonly name: string
  readonly type: OnnxType
  readonly dims: readonly (number | string)[]
}

/** Whole numbers are written as such; what is meant as a float is wrapped. */
export type Attribute = number | string | readonly number[] | { readonly float: number }

/** The domain of ONNX Runtime's own operators. */
export const MICROSOFT = 'com.microsoft'
const IR_VERSION = 10
const OPSET = 20

/** Writes an ONNX model (onnx.proto, IR version 10) of one graph, whose nodes stand in the order in which they are added. */
export class ModelWriter {
  private readonly nodes: Part[] = []
  private readonly constants: Part[] = []
  private readonly ports: Part[] = []
  private count = 0

  /** A value that is given with each run. */
  input(name: string, type: OnnxType, dims: Port['dims']): string {
    this.ports.push(message(11, port({ name, type, dims })))
    return name
  }

  /** What is computed as `name`; a node has to have it among its outputs. */
  output(name: string, type: OnnxType, dims: Port['dims']): void {
    this.ports.push(message(12, port({ name, type, dims })))
  }

  constant({ type, dims, data }: Constant): string {
    const name = this.fresh()
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    const sides = dims.map((dim) => number(1, dim))
    this.constants.push(message(5, [...sides, number(2, type), text(8, name), field(9, bytes)]))
    return name
  }

  /** Adds a node and returns the names of its outputs. `outputs`: how many, or their names. An empty input is left out. */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    { domain = '', outputs = 1 }: { domain?: string; outputs?: number | readonly string[] } = {},
  ): string[] {
    const names = typeof outputs === 'number' ? Array.from({ length: outputs }, () => this.fresh()) : [...outputs]
    this.nodes.push(
      message(1, [
        ...inputs.map((name) => text(1, name)),
        ...names.map((name) => text(2, name)),
        text(4, op),
        ...Object.entries(attributes).map(([name, value]) => message(5, attribute(name, value))),
        text(7, domain),
      ]),
    )
    return names
  }

  /** The model's bytes. */
  finish(): Uint8Array {
    const graph = message(7, [...this.nodes, text(2, 'tower'), ...this.constants, ...this.ports])
    const opsets = [message(8, [text(1, ''), number(2, OPSET)]), message(8, [text(1, MICROSOFT), number(2, 1)])]
    const whole = joined([number(1, IR_VERSION), graph, ...opsets])
    const out = new Uint8Array(whole.length)
    let at = 0
    for (const piece of whole.pieces) {
      out.set(piece, at)
      at += piece.byteLength
    }
    return out
  }

  private fresh(): string {
    return `t${this.count++}`
  }
}

/** A part of a message in pieces, which are copied once, when all is known. `length` in bytes. */
interface Part {
  readonly length: number
  readonly pieces: readonly Uint8Array[]
}

/** Protocol buffers' base-128 number, not negative. */
function varint(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) | 128)
  }
}

const VARINT = 0
const BYTES = 2
const FIXED32 = 5

const piece = (bytes: Uint8Array): Part => ({ length: bytes.byteLength, pieces: [bytes] })

const number = (at: number, value: number): Part =>
  piece(Uint8Array.from([...varint(at * 8 + VARINT), ...varint(value)]))

const text = (at: number, value: string): Part => field(at, Buffer.from(value))

const field = (at: number, bytes: Uint8Array): Part => message(at, [piece(bytes)])

function message(at: number, parts: readonly Part[]): Part {
  const all = joined(parts)
  return joined([piece(Uint8Array.from([...varint(at * 8 + BYTES), ...varint(all.length)])), all])
}

const joined = (parts: readonly Part[]): Part => ({
  length: parts.reduce((sum, part) => sum + part.length, 0),
  pieces: parts.flatMap((part) => part.pieces),
})

function port({ name, type, dims }: Port): Part[] {
  const shape = dims.map((dim) => message(1, [typeof dim === 'number' ? number(1, dim) : text(2, dim)]))
  return [text(1, name), message(2, [message(1, [number(1, type), message(2, shape)])])]
}

function attribute(name: string, value: Attribute): Part[] {
  const [FLOAT, INT, STRING, INTS] = [1, 2, 3, 7]
  if (typeof value === 'number') return [text(1, name), number(3, value), number(20, INT)]
  if (typeof value === 'string') return [text(1, name), text(4, value), number(20, STRING)]
  if (!('float' in value)) return [text(1, name), ...value.map((one) => number(8, one)), number(20, INTS)]
  const bytes = new Uint8Array(Float32Array.of(value.float).buffer)
  return [text(1, name), piece(Uint8Array.from([2 * 8 + FIXED32, ...bytes])), number(20, FLOAT)]
}
