import type { GgufHeader, TensorInfo } from './header.ts'
import { unsupported, unusual } from './problems.ts'

/** The tensor of that name. @throws AppError UnsupportedModel when it is missing. */
export function requireTensor(header: GgufHeader, name: string): TensorInfo {
  const tensor = header.tensors.get(name)
  if (!tensor) throw unusual(header.path, `its tensor ${name} is missing`)
  return tensor
}

/**
 * A matrix [columns, rows, ...] as ggml counts its dimensions, in a type that can be multiplied.
 * @throws AppError UnsupportedModel.
 */
export function requireMatrix(header: GgufHeader, name: string, dims: readonly number[]): void {
  const tensor = requireTensor(header, name)
  requireShape(header, tensor, dims)
  if (!tensor.type.isWeight)
    throw unsupported(
      header.path,
      `stores its tensor ${name} as ${tensor.type.name}, which cannot be used for weights. Choose another conversion of the model.`,
    )
}

/**
 * A bias or a norm's weight: `length` numbers in one of `types`; ggml's CPU backend ends the process on others than F32.
 * @throws AppError UnsupportedModel.
 */
export function requireVector(
  header: GgufHeader,
  name: string,
  length: number,
  types: readonly string[] = ['F32'],
): void {
  const tensor = requireTensor(header, name)
  requireShape(header, tensor, [length])
  if (!types.includes(tensor.type.name))
    throw unsupported(
      header.path,
      `stores its tensor ${name} as ${tensor.type.name}; ${types.join(' or ')} is needed. Choose another conversion of the model.`,
    )
}

function requireShape(header: GgufHeader, tensor: TensorInfo, dims: readonly number[]): void {
  // trailing dimensions of 1 are the same shape
  const same = Array.from({ length: 4 }, (_, i) => (tensor.dims[i] ?? 1) === (dims[i] ?? 1)).every(Boolean)
  if (!same)
    throw unusual(
      header.path,
      `its tensor ${tensor.name} has the shape ${tensor.dims.join(' x ')} instead of ${dims.join(' x ')}`,
    )
}
