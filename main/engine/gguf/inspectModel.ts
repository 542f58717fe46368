import { basename } from 'node:path'
import { AppError } from '#contract'
import { isModelFamily, pairing } from '../../lib/families/index.ts'
import type { ModelFiles, ModelSummary } from '../types.ts'
import type { OpenSource } from './byteReader.ts'
import { checkProjector } from './checkProjector.ts'
import type { ProjectorFacts } from './checkProjector.ts'
import { checkTextModel } from './checkTextModel.ts'
import type { TextModelFacts } from './checkTextModel.ts'
import { checkAdapter } from './checkAdapter.ts'
import { quantizationOf } from './quantization.ts'
import { readHeader } from './readHeader.ts'
import { readModelHeader } from './splitModel.ts'

/** The summary for the window, and the facts that loading needs. `bytes` is the size of both files. */
export interface InspectedModel extends ModelSummary {
  readonly text: TextModelFacts
  readonly projector: ProjectorFacts | null
}

/**
 * `path`: of the projector. @throws AppError ProjectorMismatch when it was made for a language model of another width or
 * family; what the headers do not tell is left to who chose it.
 */
export function checkPair(text: TextModelFacts, projector: ProjectorFacts, path: string): void {
  const [width, given] = [text.embeddingLength, projector.outputLength]
  const { verdict, why } = pairing(
    { name: text.name, family: text.family, width },
    { fileName: basename(path), family: projector.kind, width: given },
  )
  if (verdict === 'mismatch') throw new AppError('ProjectorMismatch', why, { projector: given, model: width })
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
    text,
    projector,
  }
}
