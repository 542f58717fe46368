import type { AppError } from '#contract'
import type { ByteReader, Visit } from './byteReader.ts'
import type { ArrayEntry, MetadataEntry, Scalar, ScalarEntry, ScalarType, TensorInfo } from './header.ts'
import { count, damaged, unsupported, unusual } from './problems.ts'
import { removedTensorTypes, tensorTypes } from './tensorTypes.ts'
import type { TensorType } from './tensorTypes.ts'
import type { VocabularyScan } from './vocabulary.ts'

const MAX_KEY_BYTES = 65_535
const MAX_STRING_BYTES = 16 << 20
const MAX_STRINGS = 1 << 22
const MAX_KEPT_VALUES = 4096
const MAX_KEPT_TEXTS = 64
const MAX_KEPT_BYTES = 32 << 20
const MAX_METADATA_BYTES = 256 << 20
const VALUE_BYTES = 16
const ARRAY = 9

/** Counts bytes that stay in memory. @throws AppError when they are too many. */
type Keep = (bytes: number) => void

/** The value types in the order of their numbers in the file; number 9 is the array. */
const types: readonly (ScalarType | null)[] = [
  ...(['u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'f32', 'bool', 'string'] as const),
  null,
  ...(['u64', 'i64', 'f64'] as const),
]
const small = { u8: 1, i8: 1, u16: 2, i16: 2, bool: 1 }
/** Bytes of a value; of a string, of its length. */
const bytesOf: Readonly<Record<ScalarType, number>> = {
  ...small,
  u32: 4,
  i32: 4,
  f32: 4,
  string: 8,
  u64: 8,
  i64: 8,
  f64: 8,
}

/**
 * Reads `entries` key-value pairs. Scalars and short numeric arrays are kept, long arrays are only walked; the texts
 * of tokens and merges go to `vocabulary`.
 * @throws AppError ModelDamaged for what no tool writes; UnsupportedModel for what llama.cpp does not read, and for sizes beyond
 * any known model's.
 */
export async function readMetadata(
  reader: ByteReader,
  entries: number,
  vocabulary: VocabularyScan,
): Promise<Map<string, MetadataEntry>> {
  const metadata = new Map<string, MetadataEntry>()
  let kept = 0
  const keep: Keep = (bytes) => {
    kept += bytes
    if (kept > MAX_KEPT_BYTES) throw tooMuch(reader)
  }
  for (let i = 0; i < entries; i++) {
    const key = await readKey(reader, i)
    if (metadata.has(key)) throw unusual(reader.path, `the entry ${key} is there twice`)
    keep(key.length + VALUE_BYTES)
    const at = reader.position
    await reader.fill(4)
    const type = reader.u32()
    const entry = await (type === ARRAY
      ? readArray(reader, key, keep, vocabulary)
      : readScalar(reader, key, scalarType(reader, key, type), keep))
    metadata.set(key, { ...entry, raw: { at, bytes: reader.position - at } })
    if (reader.position > MAX_METADATA_BYTES) throw tooMuch(reader)
  }
  return metadata
}

async function readKey(reader: ByteReader, index: number): Promise<string> {
  await reader.fill(8)
  const length = reader.u64()
  if (length === 0 || length > MAX_KEY_BYTES)
    throw damaged(reader.path, `the name of entry ${count(index)} has an impossible length`)
  await reader.fill(length)
  const key = reader.text(length, 'utf8')
  if (key.includes('\0')) throw damaged(reader.path, `the name of entry ${count(index)} is not text`)
  return key
}

async function readScalar(reader: ByteReader, key: string, type: ScalarType, keep: Keep): Promise<ScalarEntry> {
  await reader.fill(bytesOf[type])
  if (type !== 'string') return { kind: 'scalar', type, value: readNumber(reader, key, type) }
  const length = stringLength(reader, key)
  keep(length)
  await reader.fill(length)
  return { kind: 'scalar', type, value: reader.text(length, 'utf8') }
}

async function readArray(reader: ByteReader, key: string, keep: Keep, vocabulary: VocabularyScan): Promise<ArrayEntry> {
  await reader.fill(12)
  const type = scalarType(reader, key, reader.u32())
  const length = reader.u64()
  const offset = reader.position
  const bytes = bytesOf[type]
  if (length * bytes > reader.remaining) throw damaged(reader.path, `the list ${key} is longer than the file`)
  if (type === 'string') {
    if (length > MAX_STRINGS) throw tooMuch(reader)
    const values: string[] = []
    const collect: Visit = (bytes, start, end) => {
      keep(end - start + VALUE_BYTES)
      values.push(bytes.toString('utf8', start, end))
    }
    await walkStrings(
      reader,
      key,
      length,
      visitorOf(key, length, vocabulary) ?? (length <= MAX_KEPT_TEXTS ? collect : pass),
    )
    return { kind: 'array', type, length, offset, values: length <= MAX_KEPT_TEXTS ? values : null }
  }
  if (length > MAX_KEPT_VALUES && type !== 'bool') {
    reader.skip(length * bytes)
    return { kind: 'array', type, length, offset, values: null }
  }
  const values: Scalar[] = []
  for (let i = 0; i < length; i++) {
    if (!reader.has(bytes)) await reader.fill(bytes)
    const value = readNumber(reader, key, type)
    if (length <= MAX_KEPT_VALUES) values.push(value)
  }
  keep(values.length * VALUE_BYTES)
  return { kind: 'array', type, length, offset, values: length <= MAX_KEPT_VALUES ? values : null }
}

/** What looks at the texts of the two lists of the vocabulary; null for other lists. */
function visitorOf(key: string, length: number, vocabulary: VocabularyScan): Visit | null {
  if (key === 'tokenizer.ggml.merges') return (bytes, start, end) => vocabulary.merge(bytes, start, end)
  if (key !== 'tokenizer.ggml.tokens') return null
  vocabulary.begin(length)
  return (bytes, start, end) => vocabulary.token(bytes, start, end)
}

async function walkStrings(reader: ByteReader, key: string, length: number, visit: Visit): Promise<void> {
  for (let i = 0; i < length; ) {
    i += reader.texts(length - i, MAX_STRING_BYTES, visit)
    if (reader.position > MAX_METADATA_BYTES) throw tooMuch(reader)
    if (i === length) return
    // one that the window holds only in part
    await reader.fill(8)
    const bytes = reader.peekLength()
    if (bytes > MAX_STRING_BYTES || bytes + 8 > reader.remaining) throw tooLong(reader, key, bytes + 8)
    await reader.fill(bytes + 8)
  }
}

function pass(): void {}

function stringLength(reader: ByteReader, key: string): number {
  const length = reader.u64()
  if (length > MAX_STRING_BYTES || length > reader.remaining) throw tooLong(reader, key, length)
  return length
}

function tooLong(reader: ByteReader, key: string, bytes: number): AppError {
  const isCut = bytes > reader.remaining
  return isCut
    ? damaged(reader.path, `a text in ${key} is longer than the file`)
    : unusual(reader.path, `a text in ${key} is longer than 16 MiB`)
}

function readNumber(reader: ByteReader, key: string, type: Exclude<ScalarType, 'string'>): number | boolean {
  if (type !== 'bool') return reader[type]()
  const value = reader.u8()
  if (value > 1) throw damaged(reader.path, `${key} is neither true nor false`)
  return value === 1
}

function scalarType(reader: ByteReader, key: string, id: number): ScalarType {
  if (id === ARRAY) throw unusual(reader.path, `the entry ${key} is a list of lists, which llama.cpp does not read`)
  const type = types[id]
  if (!type) throw damaged(reader.path, `the entry ${key} has an unknown type (${id})`)
  return type
}

function tooMuch(reader: ByteReader): AppError {
  return unsupported(
    reader.path,
    'has a header that holds more than that of any known model. Choose another conversion of the model.',
  )
}

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
