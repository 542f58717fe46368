import { existsSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError, say } from '#contract'
import { awayDrive } from '../../lib/files/drives.ts'
import { ByteReader } from './byteReader.ts'
import type { OpenSource } from './byteReader.ts'
import type { GgufHeader, MetadataEntry, TensorInfo } from './header.ts'
import { count, damaged, notFound, size, unsupported, unusual } from './problems.ts'
import { readMetadata, readTensors } from './readSections.ts'
import { VocabularyScan } from './vocabulary.ts'
import type { Depth } from './vocabulary.ts'

const PREAMBLE_BYTES = 24
/** What tells pointers and web pages from models. */
const BEGINNING_BYTES = 64
const MAX_ENTRIES = 65_536
const MAX_TENSORS = 65_536
/** The least that an entry or a tensor takes in the header. */
const LEAST_BYTES = 13
const DEFAULT_ALIGNMENT = 32
/** ggml's CPU backend aborts on weights that are not aligned to 32 bytes. */
const MIN_ALIGNMENT = 32
const MAX_ALIGNMENT = 1 << 20

/**
 * Reads and checks the header of a GGUF file (version 2 or 3, little-endian) without reading its weights and without
 * native code. Memory is bounded, whatever the file says: counts, lengths and extents are checked before use. `openSource`:
 * where the file is when it is not on this disk; the header is all that is asked of it. `depth`: how much of the vocabulary
 * is looked at.
 * @throws AppError ModelNotFound, ModelDamaged, UnsupportedModel, those of `openSource`; the signal's reason when aborted.
 */
export async function readHeader(
  path: string,
  signal?: AbortSignal,
  openSource: OpenSource = openFile,
  depth: Depth = 'all',
): Promise<GgufHeader> {
  const reader = new ByteReader(path, await openSource(path, signal), signal)
  try {
    return await parse(reader, depth)
  } catch (error) {
    if (error instanceof AppError || signal?.aborted) throw error
    throw notFound(
      path,
      (name) => say`${name} could not be read. Check that its disk is connected and that you may read it.`,
      error,
    )
  } finally {
    await reader.close()
  }
}

const openFile: OpenSource = async (path, signal) => {
  signal?.throwIfAborted()
  try {
    // looked at before it is opened: opening a pipe would wait for its writer
    const info = await stat(path)
    if (info.isDirectory()) throw notFound(path, (name) => say`${name} is a folder. Choose the model file inside it.`)
    if (!info.isFile())
      throw notFound(path, (name) => say`${name} is not a file. Choose a model file that ends in .gguf.`)
    if (isPiece(path)) throw pieceProblem(path)
    const file = await open(path, 'r')
    return {
      size: info.size,
      read: async (target, offset, length, position) => (await file.read(target, offset, length, position)).bytesRead,
      close: () => file.close(),
    }
  } catch (error) {
    if (error instanceof AppError) throw error
    const code = (error as NodeJS.ErrnoException).code
    const missing = code === 'ENOENT' || code === 'ENOTDIR'
    const drive = await awayDrive(path)
    throw notFound(
      path,
      (name) =>
        drive !== null
          ? say`${name} is on a drive that is not connected (${drive}). Connect it, then try again.`
          : missing
            ? say`${name} was not found. Choose the file again or download the model.`
            : say`${name} cannot be opened. Check that you may read it.`,
      error,
    )
  }
}

async function parse(reader: ByteReader, depth: Depth): Promise<GgufHeader> {
  const { path } = reader
  const version = await readVersion(reader)
  const tensorCount = reader.u64()
  const entryCount = reader.u64()
  if (tensorCount > MAX_TENSORS) throw tooMany(reader, 'tensors', tensorCount, MAX_TENSORS)
  if (entryCount === 0) throw nothing(path, 'entries')
  if (entryCount > MAX_ENTRIES) throw tooMany(reader, 'entries', entryCount, MAX_ENTRIES)
  const vocabulary = new VocabularyScan(depth)
  const metadata = await readMetadata(reader, entryCount, vocabulary)
  // the first part of a split model may hold the vocabulary alone
  if (tensorCount === 0 && !metadata.has('split.count')) throw nothing(path, 'tensors')
  vocabulary.finish()
  const alignment = readAlignment(path, metadata.get('general.alignment'))
  const { tensors, dataBytes } = await readTensors(reader, tensorCount, alignment)
  const dataOffset = Math.ceil(reader.position / alignment) * alignment
  const described = dataOffset + dataBytes
  if (described > reader.size) throw incomplete(reader, described)
  return { path, fileBytes: reader.size, version, alignment, dataOffset, metadata, tensors, vocabulary }
}

/** Reads the magic and the version. */
async function readVersion(reader: ByteReader): Promise<number> {
  const { path } = reader
  if (reader.size === 0) throw damaged(path, 'it is empty')
  await reader.fill(Math.min(4, reader.size))
  const magic = reader.size < 4 ? '' : reader.text(4, 'latin1')
  if (magic === 'FUGG') throw bigEndian(path)
  if (magic === '\0\0\0\0') throw damaged(path, 'it begins with zeros, as a download that was not finished does')
  if (magic !== 'GGUF') throw await notGguf(reader, magic)
  await reader.fill(PREAMBLE_BYTES - 4)
  const version = reader.u32()
  if (version !== 0 && (version & 0xffff) === 0) throw bigEndian(path)
  if (version === 1)
    throw unsupported(path, 'has GGUF version 1, which is no longer supported. Choose a newer conversion of the model.')
  if (version !== 2 && version !== 3)
    throw unsupported(
      path,
      `has GGUF version ${count(version)}; versions 2 and 3 are supported. Update this app or choose another conversion of the model.`,
    )
  return version
}

/** What a file is that is none of GGUF, by its first bytes, of which `magic` are read. */
async function notGguf(reader: ByteReader, magic: string): Promise<AppError> {
  const { path } = reader
  const more = Math.min(BEGINNING_BYTES, reader.size) - 4
  if (more > 0) await reader.fill(more)
  const beginning = more > 0 ? magic + reader.text(more, 'latin1') : magic
  const isNot = 'is not a model in the GGUF format'
  if (beginning.startsWith('version https://git-lfs')) {
    const mend = 'Run "git lfs pull" in its folder, or download the file itself.'
    return unsupported(path, `${isNot} but a pointer to one, as Git leaves it without LFS. ${mend}`)
  }
  if (/^\s*<(?:!doctype|html|head|\?xml)/i.test(beginning))
    return unsupported(path, `${isNot} but a web page that was saved under its name. Download the model again.`)
  if (/\.gguf$/i.test(basename(path)))
    return unsupported(path, `${isNot}, although it is named so. Choose another file.`)
  return unsupported(path, `${isNot}. Choose a model file that ends in .gguf.`)
}

function bigEndian(path: string): AppError {
  return unsupported(path, 'was made for big-endian computers. Choose the usual little-endian file of the model.')
}

function nothing(path: string, what: string): AppError {
  return unusual(path, `its header announces no ${what}`)
}

function tooMany(reader: ByteReader, what: string, announced: number, max: number): AppError {
  const problem = `its header announces more than ${count(max)} ${what}`
  return announced * LEAST_BYTES > reader.remaining ? damaged(reader.path, problem) : unusual(reader.path, problem)
}

function readAlignment(path: string, entry: MetadataEntry | undefined): number {
  if (!entry) return DEFAULT_ALIGNMENT
  const value = entry.kind === 'scalar' && entry.type === 'u32' ? Number(entry.value) : 0
  if (value === 0 || (value & (value - 1)) !== 0 || value > MAX_ALIGNMENT)
    throw unusual(path, 'its general.alignment is not a power of two')
  if (value < MIN_ALIGNMENT)
    throw unsupported(
      path,
      `aligns its tensors to ${value} bytes; ${MIN_ALIGNMENT} are needed. Choose another conversion of the model.`,
    )
  return value
}

function incomplete(reader: ByteReader, described: number): AppError {
  const same = size(reader.size) === size(described)
  const show = same ? (bytes: number) => `${count(bytes)} bytes` : size
  return new AppError(
    'ModelDamaged',
    say`${basename(reader.path)} is ${show(reader.size)}, its header describes ${show(described)}. Download it again.`,
    { path: reader.path, bytes: reader.size, expected: described },
  )
}

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
  return new AppError('ModelNotFound', say`${what} ${advice}`, { path: part })
}

/** A file that was cut up for its download, as `NAME.gguf.part1of2`. */
const PIECE = /^(.+)\.part(\d+)of(\d+)$/i
/** As many pieces are named in a command; of more the pattern. */
const MOST_NAMED = 4

/** Whether a file's name is that of a piece. */
export function isPiece(path: string): boolean {
  return PIECE.test(basename(path))
}

/** Why a piece cannot be used, and how all of them are joined, on each system. */
function pieceProblem(path: string): AppError {
  const [, whole = '', , last = '1'] = PIECE.exec(basename(path)) ?? []
  const pieces = Array.from(
    { length: Math.min(Number(last), MOST_NAMED) },
    (_, i) => `"${whole}.part${i + 1}of${last}"`,
  )
  const rest = Number(last) > MOST_NAMED ? ['...', `"${whole}.part${last}of${last}"`] : []
  const names = [...pieces, ...rest]
  return unsupported(
    path,
    `is a piece of ${whole}, which was cut into ${last} for its download. Join them in their folder: on macOS and Linux with ` +
      `cat ${names.join(' ')} > "${whole}", on Windows with copy /b ${names.join(' + ')} "${whole}". Then choose ${whole}.`,
  )
}
