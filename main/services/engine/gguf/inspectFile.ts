import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { AppError } from '#contract'
import type { FileFacts, ModelFamily } from '../types.ts'
import type { OpenSource } from './byteReader.ts'
import { checkProjector } from './checkProjector.ts'
import { checkTextModel } from './checkTextModel.ts'
import { Fields } from './fields.ts'
import type { GgufHeader } from './header.ts'
import { isOneFile, splitOneFile } from './oneFile.ts'
import { printable } from './problems.ts'
import { quantizationOf } from './quantization.ts'
import { readModelHeader } from './splitModel.ts'

const MAX_NAME = 80

/**
 * What one GGUF file is and whether it can be used, from its header alone. Never throws for a file: what is wrong with
 * it is its `problem`. `openSource`: as of `readHeader`. @throws the signal's reason when aborted.
 */
export async function inspectFile(path: string, signal?: AbortSignal, openSource?: OpenSource): Promise<FileFacts> {
  const nothing: FileFacts = {
    kind: 'other',
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
    const { header, paths } = await readModelHeader(path, signal, openSource)
    const kind = kindOf(header)
    const name = printable(new Fields(header).text('general.name') || basename(path).replace(/\.gguf$/i, ''), MAX_NAME)
    const facts: FileFacts = { ...nothing, kind, name, quantization: quantizationOf(header), bytes: header.fileBytes, paths }
    return { ...facts, ...checked(kind, header) }
  } catch (error) {
    if (signal?.aborted || !(error instanceof AppError)) throw error
    return { ...nothing, problem: error.message }
  }
}

/** Which Qwen a language model is, by the names in its header and of its file: their tensors do not tell. */
export function familyOf(header: GgufHeader): ModelFamily | null {
  const fields = new Fields(header)
  const keys = ['general.basename', 'general.name', 'general.base_model.0.name']
  for (const name of [...keys.map((key) => fields.text(key)), basename(header.path)]) {
    if (/qwen[\s._-]*2[._-]5[\s._-]*vl/i.test(name ?? '')) return 'qwen25vl'
    if (/qwen[\s._-]*2[\s._-]*vl/i.test(name ?? '')) return 'qwen2vl'
  }
  return null
}

function kindOf(header: GgufHeader): FileFacts['kind'] {
  const fields = new Fields(header)
  if (fields.text('general.type') === 'adapter') return 'adapter'
  const architecture = fields.text('general.architecture')
  if (architecture === 'clip') return 'projector'
  if (isOneFile(header)) return 'combined'
  return header.metadata.has(`${architecture}.block_count`) && header.metadata.has('tokenizer.ggml.model') ? 'text' : 'other'
}

/** What only the full check tells; a file that does not pass has its problem instead. */
function checked(kind: FileFacts['kind'], header: GgufHeader): Partial<FileFacts> {
  try {
    if (kind === 'projector') {
      const { family, outputLength } = checkProjector(header)
      return { family, width: outputLength }
    }
    if (kind === 'adapter') return {}
    if (kind === 'combined') return oneFileFacts(header)
    const { embeddingLength, trainedContext } = checkTextModel(header)
    return { family: familyOf(header), width: embeddingLength, trainedContext }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { problem: error.message }
  }
}

/** A model that is taken apart before it is used: what its two files will be. */
function oneFileFacts(header: GgufHeader): Partial<FileFacts> {
  const { text, projector } = splitOneFile(header)
  const { embeddingLength, trainedContext } = checkTextModel(text)
  const bytes = ({ tensors }: GgufHeader) => [...tensors.values()].reduce((sum, tensor) => sum + tensor.bytes, 0)
  const oneFile = { textBytes: bytes(text), projectorBytes: bytes(projector) }
  return { family: 'qwen25vl', familyFrom: 'its architecture', width: embeddingLength, trainedContext, oneFile }
}

async function sizeOf(path: string): Promise<number> {
  const info = await stat(path).catch(() => null)
  return info?.isFile() ? info.size : 0
}
