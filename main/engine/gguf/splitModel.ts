import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AppError } from '#contract'
import type { OpenSource } from './byteReader.ts'
import type { GgufHeader, TensorInfo } from './header.ts'
import { count, unsupported, unusual } from './problems.ts'
import { readHeader } from './readHeader.ts'
import type { Depth } from './vocabulary.ts'

/** llama.cpp's `llama_split_path`: the parts of one model lie side by side and are found by their names alone. */
const PART_NAME = /^(.+)-(\d{5})-of-(\d{5})\.gguf$/
const MAX_PARTS = 999

/** The header of a model in one or several files, as if it were one; `paths` in order, the first one is what is loaded. */
export interface ModelHeader {
  readonly header: GgufHeader
  readonly paths: readonly string[]
}

/**
 * Reads the header of a language model. Of a model in several files (gguf-split) `path` is the first; every part is
 * read and checked, so that llama.cpp, which opens the others by itself, finds nothing that it stops at. The tensors of
 * all parts are together in the result, `fileBytes` is the size of all, and offsets count within each part.
 * @throws AppError as `readHeader`; ModelNotFound when a part is missing, UnsupportedModel when `path` is a later part.
 */
export async function readModelHeader(
  path: string,
  signal?: AbortSignal,
  openSource?: OpenSource,
  depth?: Depth,
): Promise<ModelHeader> {
  const first = await readHeader(path, signal, openSource, depth)
  const parts = splitNumber(first, 'split.count', 'u16') ?? 1
  if (parts <= 1) return { header: first, paths: [path] }
  const paths = partPaths(first, parts)
  const total = splitNumber(first, 'split.tensors.count', 'i32')
  const tensors = new Map<string, TensorInfo>(first.tensors)
  let fileBytes = first.fileBytes
  for (const [i, part] of paths.entries()) {
    if (i === 0) continue
    if (!openSource && !existsSync(part)) throw missingPart(path, part, i + 1, parts)
    const header = await readHeader(part, signal, openSource, depth)
    if (splitNumber(header, 'split.no', 'u16') !== i)
      throw unsupported(
        part,
        `is not part ${i + 1} of ${basename(path)}. It may have been renamed: put the right file in its place.`,
      )
    for (const tensor of header.tensors.values()) {
      if (tensors.has(tensor.name)) throw unusual(part, `its tensor ${tensor.name} is in another part too`)
      tensors.set(tensor.name, tensor)
    }
    fileBytes += header.fileBytes
  }
  if (total !== tensors.size) {
    const expected = total === null ? 'a known number' : count(total)
    throw unusual(path, `its parts hold ${count(tensors.size)} tensors instead of ${expected}`)
  }
  return { header: { ...first, tensors, fileBytes }, paths }
}

/** llama.cpp ends the process on a number of another type. @throws AppError UnsupportedModel. */
function splitNumber({ path, metadata }: GgufHeader, key: string, type: 'u16' | 'i32'): number | null {
  const entry = metadata.get(key)
  if (!entry) return null
  if (entry.kind !== 'scalar' || entry.type !== type) throw unusual(path, `${key} is not of type ${type}`)
  return Number(entry.value)
}

/** @throws AppError UnsupportedModel for a later part, for names that llama.cpp does not follow and for too many parts. */
function partPaths(first: GgufHeader, parts: number): string[] {
  const { path } = first
  const name = basename(path)
  const match = PART_NAME.exec(name)
  const prefix = match?.[1] ?? name.replace(/\.gguf$/, '')
  const nameOf = (number: number) => `${prefix}-${digits(number)}-of-${digits(parts)}.gguf`
  const index = splitNumber(first, 'split.no', 'u16') ?? 0
  if (index !== 0)
    throw unsupported(path, `is part ${index + 1} of a model in ${parts} files. Choose the first one, ${nameOf(1)}.`)
  if (parts > MAX_PARTS)
    throw unsupported(path, `belongs to a model in ${count(parts)} files, which is more than any known model's.`)
  if (name !== nameOf(1)) {
    const names = `${nameOf(1)} to ${nameOf(parts)}`
    throw unsupported(path, `is the first of ${parts} files of a model, which must be named ${names}. Rename them.`)
  }
  return Array.from({ length: parts }, (_, i) => join(dirname(path), nameOf(i + 1)))
}

const digits = (number: number) => String(number).padStart(5, '0')

function missingPart(path: string, part: string, number: number, parts: number): AppError {
  const what = `${basename(path)} is the first of ${parts} files of a model, and ${basename(part)} is not beside it.`
  const advice = `Download part ${number} too, or choose the model in a single file.`
  return new AppError('ModelNotFound', `${what} ${advice}`, { path: part })
}
