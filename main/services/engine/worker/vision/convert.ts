import { GgmlType } from '../native/ggml.ts'
import type { Ggml } from '../native/ggml.ts'

/** Half-precision rows as rows of another type: bf16 or q8_0. `rowLength` numbers each. */
export async function convertRows(ggml: Ggml, half: Uint8Array, rowLength: number, type: number): Promise<Uint8Array> {
  const count = half.byteLength / 2
  const floats = new Float32Array(count)
  await ggml.f16ToF32(half, floats, count)
  const out = new Uint8Array(ggml.rowSize(type, rowLength) * (count / rowLength))
  if (type === GgmlType.BF16) await ggml.f32ToBf16(floats, out, count)
  else if (type === GgmlType.F32) out.set(new Uint8Array(floats.buffer))
  else await ggml.quantizeChunk(type, floats, out, 0, count / rowLength, rowLength, null)
  return out
}
