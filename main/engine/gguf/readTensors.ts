import type { ByteReader } from './byteReader.ts'
import type { TensorInfo } from './header.ts'
import { count, damaged, unsupported, unusual } from './problems.ts'
import { removedTensorTypes, tensorTypes } from './tensorTypes.ts'
import type { TensorType } from './tensorTypes.ts'

/** `GGML_MAX_NAME` and `GGML_MAX_DIMS` of ggml. */
const MAX_NAME_BYTES = 64
const MAX_DIMS = 4
/** More than any tool writes. */
const IMPOSSIBLE_NAME_BYTES = 1024
const IMPOSSIBLE_DIMS = 8
const IMPOSSIBLE_TYPE = 256

/**
 * Reads the descriptions of `tensors` tensors. Each one must start where the one before ended, rounded up to
 * `alignment` bytes, as llama.cpp demands.
 * @throws AppError ModelDamaged; UnsupportedModel for what llama.cpp does not read, number formats among it.
 */
export async function readTensors(
  reader: ByteReader,
  tensors: number,
  alignment: number,
): Promise<{ tensors: Map<string, TensorInfo>; dataBytes: number }> {
  const found = new Map<string, TensorInfo>()
  let next = 0
  let dataBytes = 0
  for (let i = 0; i < tensors; i++) {
    const tensor = await readTensor(reader, i)
    if (found.has(tensor.name)) throw unusual(reader.path, `the tensor ${tensor.name} is there twice`)
    if (tensor.offset < next || !Number.isSafeInteger(tensor.offset) || tensor.offset % alignment !== 0)
      throw damaged(reader.path, `the tensor ${tensor.name} does not start where it should`)
    if (tensor.offset !== next)
      throw unusual(reader.path, `there is a gap before its tensor ${tensor.name}, which llama.cpp does not read`)
    found.set(tensor.name, tensor)
    dataBytes = tensor.offset + tensor.bytes
    next = Math.ceil(dataBytes / alignment) * alignment
    if (!Number.isSafeInteger(next)) throw damaged(reader.path, 'its tensors are larger than any file')
  }
  return { tensors: found, dataBytes }
}

async function readTensor(reader: ByteReader, index: number): Promise<TensorInfo> {
  const { path } = reader
  await reader.fill(8)
  const length = reader.u64()
  if (length === 0 || length > IMPOSSIBLE_NAME_BYTES)
    throw damaged(path, `the name of tensor ${count(index)} has an impossible length`)
  if (length >= MAX_NAME_BYTES) throw unusual(path, `the name of tensor ${count(index)} is longer than llama.cpp reads`)
  await reader.fill(length + 4)
  const name = reader.text(length, 'utf8')
  if (name.includes('\0')) throw damaged(path, `the name of tensor ${count(index)} is not text`)
  const dimensions = reader.u32()
  if (dimensions < 1 || dimensions > IMPOSSIBLE_DIMS)
    throw damaged(path, `the tensor ${name} has ${count(dimensions)} dimensions`)
  if (dimensions > MAX_DIMS)
    throw unusual(path, `its tensor ${name} has ${count(dimensions)} dimensions, which llama.cpp does not read`)
  await reader.fill(dimensions * 8 + 12)
  const dims = Array.from({ length: dimensions }, () => reader.u64())
  const elements = dims.reduce((product, dim) => product * dim, 1)
  if (dims.some((dim) => dim < 1) || !Number.isSafeInteger(elements))
    throw damaged(path, `the tensor ${name} has an impossible shape`)
  const type = tensorType(path, name, reader.u32())
  if (dims[0]! % type.blockElements !== 0)
    throw unusual(path, `the rows of its tensor ${name} do not fit its number format ${type.name}`)
  const bytes = (elements / type.blockElements) * type.blockBytes
  return { name, dims, type, offset: reader.u64(), bytes }
}

function tensorType(path: string, name: string, id: number): TensorType {
  const type = tensorTypes.get(id)
  if (type) return type
  if (removedTensorTypes.has(id))
    throw unsupported(
      path,
      `uses a number format that is no longer supported (type ${id}, tensor ${name}). Choose a newer conversion of the model.`,
    )
  if (id >= IMPOSSIBLE_TYPE) throw damaged(path, `the tensor ${name} has an unknown number format (type ${count(id)})`)
  throw unsupported(
    path,
    `uses a number format that is not known here yet (type ${id}, tensor ${name}). Update this app or choose another conversion of the model.`,
  )
}
