import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { AppError } from '#contract'
import type { FileFacts } from '../types.ts'
import type { OpenSource } from './byteReader.ts'
import { checkProjector } from './checkProjector.ts'
import { checkTextModel } from './checkTextModel.ts'
import { converterOf } from './converter.ts'
import { Fields } from './fields.ts'
import type { GgufHeader } from './header.ts'
import { isOneFile, splitOneFile } from './oneFile.ts'
import { isPiece } from './pieces.ts'
import { printable } from './problems.ts'
import { projectorFamily } from './projectorKind.ts'
import { quantizationOf } from './quantization.ts'
import { readModelHeader } from './splitModel.ts'
import { textFamily } from './textFamily.ts'
import type { Depth } from './vocabulary.ts'

const MAX_NAME = 80

/**
 * What one GGUF file is and whether it can be used, from its header alone. Never throws for a file: what is wrong with
 * it is its `problem`. `openSource`, `depth`: as of `readHeader`; a look at many files reads the special tokens only.
 * @throws the signal's reason when aborted.
 */
export async function inspectFile(
  path: string,
  signal?: AbortSignal,
  openSource?: OpenSource,
  depth: Depth = 'marks',
): Promise<FileFacts> {
  const nothing: FileFacts = {
    kind: isPiece(path) ? 'piece' : 'other',
    name: basename(path),
    family: null,
    familyFrom: null,
    converter: null,
    width: null,
    quantization: null,
    trainedContext: null,
    bytes: await sizeOf(path),
    paths: [path],
    oneFile: null,
    problem: null,
  }
  try {
    const { header, paths } = await readModelHeader(path, signal, openSource, depth)
    return { ...nothing, ...factsOf(header), paths }
  } catch (error) {
    if (signal?.aborted || !(error instanceof AppError)) throw error
    return { ...nothing, problem: error.message }
  }
}

function factsOf(header: GgufHeader): Omit<FileFacts, 'paths' | 'oneFile'> & Pick<Partial<FileFacts>, 'oneFile'> {
  const kind = kindOf(header)
  const fallback = basename(header.path).replace(/\.gguf$/i, '')
  const name = printable(new Fields(header).text('general.name') || fallback, MAX_NAME)
  const { family, from } =
    kind === 'projector' ? { family: projectorFamily(header), from: 'its projector type' } : textFamily(header)
  const about = {
    name,
    family,
    familyFrom: family === null ? null : from,
    converter: converterOf(header),
    quantization: quantizationOf(header),
  }
  return {
    kind,
    ...about,
    width: null,
    trainedContext: null,
    bytes: header.fileBytes,
    problem: null,
    ...checked(kind, header),
  }
}

function kindOf(header: GgufHeader): FileFacts['kind'] {
  const fields = new Fields(header)
  if (fields.text('general.type') === 'adapter') return 'adapter'
  const architecture = fields.text('general.architecture')
  if (architecture === 'clip') return 'projector'
  if (isOneFile(header) || header.metadata.has(`${architecture}.vision.block_count`)) return 'combined'
  return header.metadata.has(`${architecture}.block_count`) && header.metadata.has('tokenizer.ggml.model')
    ? 'text'
    : 'other'
}

/** What only the full check tells; a file that does not pass has its problem instead. */
function checked(kind: FileFacts['kind'], header: GgufHeader): Partial<FileFacts> {
  try {
    if (kind === 'projector') return { width: checkProjector(header).outputLength }
    if (kind === 'adapter') return {}
    if (isOneFile(header)) return oneFileFacts(header)
    const { embeddingLength, trainedContext } = checkTextModel(header)
    return { width: embeddingLength, trainedContext }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { problem: error.message, ...widthOf(kind, header) }
  }
}

/** A model that is taken apart before it is used: what its two files will be. */
function oneFileFacts(header: GgufHeader): Partial<FileFacts> {
  const { text, projector } = splitOneFile(header)
  const { embeddingLength, trainedContext } = checkTextModel(text)
  const bytes = ({ tensors }: GgufHeader) => [...tensors.values()].reduce((sum, tensor) => sum + tensor.bytes, 0)
  const oneFile = { textBytes: bytes(text), projectorBytes: bytes(projector) }
  return { width: embeddingLength, trainedContext, oneFile }
}

/** The width of a file that does not run, for the sheet. */
function widthOf(kind: FileFacts['kind'], header: GgufHeader): Partial<FileFacts> {
  const architecture = new Fields(header).text('general.architecture')
  const number = (key: string) => {
    const entry = header.metadata.get(key)
    return entry?.kind === 'scalar' && Number.isSafeInteger(entry.value) ? (entry.value as number) : null
  }
  if (kind === 'projector') return { width: number('clip.vision.projection_dim') }
  return { width: number(`${architecture}.embedding_length`), trainedContext: number(`${architecture}.context_length`) }
}

async function sizeOf(path: string): Promise<number> {
  const info = await stat(path).catch(() => null)
  return info?.isFile() ? info.size : 0
}
