import { basename } from 'node:path'
import type { ModelCheck, ModelFileSheet, PairVerdict } from '#contract'
import {
  familyLabel,
  familyList,
  isModelFamily,
  pairing,
  runningFamilies,
  sharingFamilies,
} from '../../lib/families/index.ts'
import type { FileFacts } from '../types.ts'
import { inspectFile } from './inspectFile.ts'
import { APART, count } from './problems.ts'

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
