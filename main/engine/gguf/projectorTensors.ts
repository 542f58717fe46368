import type { GgufHeader, TensorInfo } from './header.ts'

const FUSED = /^(v\.blk\.\d+)\.attn_qkv\.(weight|bias)$/
const HALF = /^(v\.blk\.\d+\.ffn_)(up|down)\.(weight|bias)$/
/** Written by qwen2_vl_surgery.py, because its time's clip.cpp wanted one; no model uses it. */
const DUMMY = 'v.position_embd.weight'

/**
 * The tensors of a vision tower and its merger under the names of today's converter, whichever tool wrote them; others (the
 * dummy of qwen2_vl_surgery.py, the sound part of Qwen2.5-Omni) are left out. The surgery of December 2024 wrote the two
 * halves of each block's feed-forward under each other's names; other tools kept queries, keys and values in one matrix,
 * which is their rows one after the other. `width`: the tower's embedding length.
 */
export function towerTensors({ tensors }: GgufHeader, width: number): Map<string, TensorInfo> {
  const exchanged = { weight: areWeightsExchanged(tensors, width), bias: areBiasesExchanged(tensors, width) }
  const found = new Map<string, TensorInfo>()
  for (const tensor of tensors.values()) {
    const { name } = tensor
    if (!/^(v|mm)\./.test(name) || name.startsWith('mm.a.') || name === DUMMY) continue
    const fused = FUSED.exec(name)
    const half = HALF.exec(name)
    if (fused) for (const part of thirds(tensor, fused[1]!, fused[2]!)) found.set(part.name, part)
    else if (half && exchanged[half[3] as 'weight' | 'bias']) {
      const own = `${half[1]}${half[2] === 'up' ? 'down' : 'up'}.${half[3]}`
      found.set(own, { ...tensor, name: own })
    } else found.set(name, tensor)
  }
  return found
}

/** Whether the halves of the feed-forward are under each other's names, which only its shapes tell. */
export function areHalvesExchanged({ tensors }: GgufHeader, width: number): boolean {
  return areWeightsExchanged(tensors, width)
}

type Tensors = ReadonlyMap<string, TensorInfo>

/** `ffn_up` leads from the width to the inner length. Where both are equal only the tool tells: that with the dummy exchanged them. */
function areWeightsExchanged(tensors: Tensors, width: number): boolean {
  const dims = tensors.get('v.blk.0.ffn_up.weight')?.dims ?? []
  const [columns, rows] = [dims[0], dims[1] ?? 1]
  if (columns === width && rows === width) return tensors.has(DUMMY) && !tensors.has('v.blk.0.ffn_gate.weight')
  return columns !== width && rows === width
}

function areBiasesExchanged(tensors: Tensors, width: number): boolean {
  const [up, down] = ['up', 'down'].map((half) => tensors.get(`v.blk.0.ffn_${half}.bias`)?.dims[0])
  return up === down ? areWeightsExchanged(tensors, width) : up === width
}

/** Queries, keys and values out of one tensor: rows are contiguous, so each is a third of its bytes. */
function thirds(tensor: TensorInfo, block: string, part: string): TensorInfo[] {
  const last = tensor.dims.length - 1
  const dims = tensor.dims.map((dim, i) => (i === last ? dim / 3 : dim))
  const bytes = tensor.bytes / 3
  return ['q', 'k', 'v'].map((letter, i) => ({
    ...tensor,
    name: `${block}.attn_${letter}.${part}`,
    dims,
    bytes,
    offset: tensor.offset + i * bytes,
  }))
}
