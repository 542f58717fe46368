import { GgmlType } from '../native/ggml.ts'
import type { Ggml } from '../native/ggml.ts'

/** Rows of half precision (F16 or BF16, `from`) as rows of another type: F32, BF16 or Q8_0. `rowLength` numbers each. */
export async function convertRows(
  ggml: Ggml,
  half: Uint8Array,
  rowLength: number,
  from: number,
  type: number,
): Promise<Uint8Array> {
  const count = half.byteLength / 2
  const floats = from === GgmlType.BF16 ? brainFloats(half) : new Float32Array(count)
  if (from === GgmlType.F16) await ggml.f16ToF32(half, floats, count)
  const out = new Uint8Array(ggml.rowSize(type, rowLength) * (count / rowLength))
  if (type === GgmlType.BF16) await ggml.f32ToBf16(floats, out, count)
  else if (type === GgmlType.F32) out.set(new Uint8Array(floats.buffer))
  else await ggml.quantizeChunk(type, floats, out, 0, count / rowLength, rowLength, null)
  return out
}

/** A BF16 number is the upper half of an F32. */
function brainFloats(half: Uint8Array): Float32Array<ArrayBuffer> {
  const view = new DataView(half.buffer, half.byteOffset, half.byteLength)
  const bits = Uint32Array.from({ length: half.byteLength / 2 }, (_, i) => view.getUint16(i * 2, true) << 16)
  return new Float32Array(bits.buffer)
}
