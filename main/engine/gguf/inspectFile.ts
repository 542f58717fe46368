import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { AppError } from '#contract'
import type { ModelCheck, ModelFileSheet, PairVerdict } from '#contract'
import { familyLabel, familyList, isModelFamily, runningFamilies } from '../../lib/families/families.ts'
import { pairing, sharingFamilies } from '../../lib/families/pairing.ts'
import type { FileFacts } from '../types.ts'
import type { OpenSource } from './byteReader.ts'
import { areHalvesExchanged, checkProjector, projectorFamily } from './checkProjector.ts'
import { checkTextModel } from './checkTextModel.ts'
import { Fields, quantizationOf } from './header.ts'
import type { GgufHeader } from './header.ts'
import { isOneFile, splitOneFile } from './oneFile.ts'
import { APART, count, printable } from './problems.ts'
import { isPiece, readModelHeader } from './readHeader.ts'
import { fileTypeName } from './tensorTypes.ts'
import { textFamily } from './textFamily.ts'
import type { Depth } from './vocabulary.ts'

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

/**
 * What each file is, for people, and each language model among them with each projector: whether they belong together.
 * Never throws for a file: its sheet says what is wrong with it. @throws the signal's reason when aborted.
 */
export async function checkFiles(paths: readonly string[], signal?: AbortSignal): Promise<ModelCheck> {
  const looked: { path: string; facts: FileFacts }[] = []
  for (const path of paths) looked.push({ path, facts: await inspectFile(path, signal, undefined, 'all') })
  const pairs: PairVerdict[] = []
  for (const text of looked.filter(({ facts }) => facts.kind === 'text'))
    for (const projector of looked.filter(({ facts }) => facts.kind === 'projector')) {
      const verdict = pairing(text.facts, { ...projector.facts, fileName: basename(projector.path) })
      pairs.push({ textPath: text.path, projectorPath: projector.path, ...verdict })
    }
  return { files: looked.map(({ path, facts }) => sheetOf(path, facts)), pairs }
}

function sheetOf(path: string, facts: FileFacts): ModelFileSheet {
  const { name, kind, family, familyFrom, converter, quantization, bytes, paths, width, trainedContext } = facts
  const problem = facts.oneFile ? asOneFile(path) : facts.problem
  const about = {
    name,
    role: kind,
    family: family === null ? null : familyLabel(family),
    familyFrom,
    converter,
    quantization,
  }
  const runs = problem === null && (kind === 'text' || kind === 'projector' || kind === 'adapter')
  return {
    path,
    ...about,
    bytes,
    parts: paths.length,
    width,
    trainedContext,
    pairsWith: partnerOf(facts),
    runs,
    problem,
  }
}

/** Why a model in one file does not run as it is. */
function asOneFile(path: string): string {
  return `${basename(path)} keeps language model and projector in one file, as Ollama does. ${APART}`
}

/** What goes with a file, to complete "Goes with ...". */
function partnerOf({ kind, family, width }: FileFacts): string | null {
  const size = width === null ? '' : ` of width ${count(width)}`
  if (kind === 'text' && family === null)
    return `a projector (mmproj)${size}, of ${familyList(sharingFamilies())}: its header does not tell which`
  if (kind === 'text' && isModelFamily(family)) return `a ${familyLabel(family)} projector (mmproj)${size}`
  if (kind === 'projector' && family !== null) return `a ${familyLabel(family)} language model${size}`
  if (kind === 'adapter') return `the ${runningFamilies} model that it was made for`
  return null
}

const MAX_NAME = 80

/** The tool that made a file and when it did, as far as its header shows; null when it does not. */
function converterOf(header: GgufHeader): string | null {
  const fields = new Fields(header)
  const architecture = fields.text('general.architecture')
  if (fields.text('general.type') === 'adapter') return 'convert_lora_to_gguf.py'
  return architecture === 'clip' ? projectorConverter(header, fields) : textConverter(header, fields, architecture)
}

function projectorConverter(header: GgufHeader, fields: Fields): string | null {
  if (fields.has('clip.is_qwen2_5') || header.tensors.has('merger.ln_q.weight'))
    return 'qwen2_5_vl_surgery.py of Independent-AI-Labs, February 2025'
  if (fields.has('clip.vision.fullatt_block_indexes')) return 'the Qwen2.5-VL fork of llama.cpp, February to April 2025'
  if (fields.has('clip.has_qwen2vl_merger')) {
    if (fields.has('clip.vision.n_wa_pattern')) return 'qwen2_vl_surgery.py, from the end of April 2025 on'
    const width = header.tensors.get('v.post_ln.weight')?.dims[0] ?? 0
    const when = areHalvesExchanged(header, width) ? 'December 2024 to April 2025' : 'before May 2025'
    return `qwen2_vl_surgery.py, ${when}${wasQuantizedByClip(header, fields) ? ', and llama-llava-clip-quantize-cli' : ''}`
  }
  if (fields.has('clip.has_llava_projector')) return 'convert_image_encoder_to_gguf.py'
  if (fields.text('general.type') !== 'mmproj' || !fields.has('general.size_label')) return null
  const since = fields.has('clip.vision.projector_type') ? 'late 2025' : 'May 2025'
  return by(fields, `convert_hf_to_gguf.py --mmproj, from ${since} on`)
}

/** That tool writes the number of a tensor type where the others write that of a mixture. */
function wasQuantizedByClip(header: GgufHeader, fields: Fields): boolean {
  const entry = header.metadata.get('general.file_type')
  const named = entry?.kind === 'scalar' && typeof entry.value === 'number' ? fileTypeName(entry.value) : null
  return fields.has('general.quantization_version') && named !== quantizationOf(header)
}

function textConverter({ metadata, tensors }: GgufHeader, fields: Fields, architecture: string | null): string | null {
  if (architecture === 'qwen25vl' || metadata.has(`${architecture}.vision.block_count`)) return 'Ollama'
  const importance = fields.has('quantize.imatrix.file')
    ? ', quantized by llama-quantize with an importance matrix'
    : ''
  if (fields.text('general.type') === 'model' && fields.has('general.size_label'))
    return by(fields, `convert_hf_to_gguf.py, from mid-2024 on${importance}`)
  return tensors.size > 0 && importance !== '' ? `convert_hf_to_gguf.py${importance}` : null
}

function by(fields: Fields, tool: string): string {
  const who = fields.text('general.quantized_by')
  return who === null ? tool : `${tool} (by ${printable(who, MAX_NAME)})`
}
