import { basename } from 'node:path'
import { AppError, say } from '#contract'
import { isModelFamily } from '../../lib/families/families.ts'
import { pairing } from '../../lib/families/pairing.ts'
import type { FileFacts, ModelFiles, ModelSummary } from '../types.ts'
import type { ByteSource, OpenSource } from './byteReader.ts'
import { checkAdapter } from './checkAdapter.ts'
import { checkProjector } from './checkProjector.ts'
import type { ProjectorFacts } from './checkProjector.ts'
import { checkTextModel } from './checkTextModel.ts'
import type { TextModelFacts } from './checkTextModel.ts'
import { Fields, quantizationOf } from './header.ts'
import type { GgufHeader } from './header.ts'
import { inspectFile } from './inspectFile.ts'
import { printable } from './problems.ts'
import { readHeader, readModelHeader } from './readHeader.ts'

/** The summary for the window, and the facts that loading needs. `bytes` is the size of both files. */
export interface InspectedModel extends ModelSummary {
  readonly text: TextModelFacts
  readonly projector: ProjectorFacts | null
}

/**
 * `path`: of the projector. @throws AppError ProjectorMismatch when it was made for a language model of another width or
 * family; what the headers do not tell is left to who chose it.
 */
function checkPair(text: TextModelFacts, projector: ProjectorFacts, path: string): void {
  const [width, given] = [text.embeddingLength, projector.outputLength]
  const { verdict, why } = pairing(
    { name: text.name, family: text.family, width },
    { fileName: basename(path), family: projector.kind, width: given },
  )
  if (verdict === 'mismatch') throw new AppError('ProjectorMismatch', why, { projector: given, model: width })
  const [parts, taken] = [projector.deepBlocks.length, text.deepstackLayers]
  if (parts === taken) return
  const what = `${basename(path)} gives outputs of ${parts} of its blocks, ${text.name} takes those of ${taken}.`
  throw new AppError('ProjectorMismatch', say`${what} Choose the projector (mmproj) that belongs to this model.`)
}

/**
 * Reads and checks the headers of both files (of every part of a split model) and of the adapters, and that they fit
 * each other, without native code. `openSource`: as of `readHeader`.
 * @throws AppError ModelNotFound, ModelDamaged, UnsupportedModel, ProjectorMismatch; the signal's reason when aborted.
 */
export async function inspectModel(
  files: ModelFiles,
  signal?: AbortSignal,
  adapters: readonly string[] = [],
  openSource?: OpenSource,
): Promise<InspectedModel> {
  const { header, paths } = await readModelHeader(files.textPath, signal, openSource)
  const text = checkTextModel(header)
  const projectorHeader =
    files.projectorPath === null ? null : await readHeader(files.projectorPath, signal, openSource)
  const projector = projectorHeader && checkProjector(projectorHeader)
  if (projector) checkPair(text, projector, files.projectorPath!)
  for (const adapter of adapters) checkAdapter(await readHeader(adapter, signal), text)
  return {
    name: text.name,
    architecture: text.architecture,
    family: projector?.family ?? (isModelFamily(text.family) ? text.family : null),
    quantization: text.quantization,
    projectorQuantization: projectorHeader && quantizationOf(projectorHeader),
    embeddingLength: text.embeddingLength,
    trainedContext: text.trainedContext,
    bytes: text.bytes + (projectorHeader?.fileBytes ?? 0),
    textPaths: paths,
    names: namesOf(header),
    chatTemplate: text.chatTemplate,
    text,
    projector,
  }
}

/** Models that one was made from, at most. */
const MOST_BASES = 8

function namesOf(header: GgufHeader): ModelSummary['names'] {
  const fields = new Fields(header)
  const bases = Array.from({ length: MOST_BASES }, (_, i) => `general.base_model.${i}`)
  const keys = [
    ...['general.name', 'general.basename', 'general.repo_url', 'general.source.repo_url', 'general.source.url'],
    ...bases.flatMap((base) => [`${base}.name`, `${base}.repo_url`]),
  ]
  return keys.flatMap((of) => {
    const text = fields.text(of)
    return text ? [{ of, text: printable(text, MAX_NAME) }] : []
  })
}

/** The longest name that is kept, in characters. */
const MAX_NAME = 200

/** Reads the headers of files that have not been downloaded; paths are those of `files`. */
export interface AtSource {
  /** As `inspectFile`, but what is wrong with the source is thrown. */
  inspectFile(path: string, signal: AbortSignal): Promise<FileFacts>
  /** As `inspectModel`; what it says of a damaged file is said of the source's. */
  inspectModel(files: ModelFiles, signal: AbortSignal): Promise<InspectedModel>
}

/** `open` opens one of `files`; no more of it is read than its header. Parts of a split model are found among `files`. */
export function atSource<F extends { readonly path: string }>(
  files: readonly F[],
  open: (file: F) => Promise<ByteSource>,
): AtSource {
  let failure: unknown = null
  const openSource: OpenSource = async (path) => {
    const wanted = path.replaceAll('\\', '/')
    const file = files.find((one) => one.path === wanted)
    if (!file)
      throw new AppError(
        'NotFound',
        say`${wanted.split('/').at(-1) ?? wanted} is missing at its source, so the model is not whole. Choose another one.`,
      )
    const source = await open(file)
    const read: ByteSource['read'] = (...args) =>
      source.read(...args).catch((error: unknown) => {
        // that of the file itself is its problem, any other is the source's
        if (!(error instanceof AppError && error.code === 'UnsupportedModel')) failure ??= error
        throw error
      })
    return { size: source.size, read, close: () => source.close() }
  }
  const throughSource = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      if (failure !== null) throw failure
      if (!(error instanceof AppError && error.code === 'ModelDamaged')) throw error
      throw new AppError('ModelDamaged', ofSource(error.message), error.detail, { cause: error })
    })
  return {
    async inspectFile(path, signal) {
      const facts = await throughSource(inspectFile(path, signal, openSource))
      if (failure !== null) throw failure
      return { ...facts, problem: facts.problem === null ? null : ofSource(facts.problem) }
    },
    inspectModel: (pair, signal) => throughSource(inspectModel(pair, signal, [], openSource)),
  }
}

/** To download it again would bring the same. */
const ofSource = (message: string) =>
  message.replace(/ Download it again\.$/, ' It is so at its source: choose another file.')
