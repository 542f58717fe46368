import { realpath, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { FoundModel, ModelFamily, ProjectorChoice } from '#contract'
import { familyLabel, isModelFamily } from '../../../lib/families/families.ts'
import { sha256Of } from '../../../lib/files/files.ts'
import { fingerprintOf } from '../files/disk.ts'
import type { Entry, EntryFile, FileFacts, InspectFile } from '../types.ts'
import { candidatesIn } from './candidates.ts'
import type { Candidate, Searched } from './candidates.ts'
import { projectorsFor, withoutProjector } from './pairing.ts'
import type { Inspected, Paired } from './pairing.ts'
import type { Place } from './places.ts'

/** Headers read at the same time. */
const PARALLEL = 4

/** Projectors that a model is offered to choose of. */
const MOST_CHOICES = 4

export interface ScanOptions {
  /** What is in the library. */
  readonly entries: readonly Entry[]
  readonly inspectFile: InspectFile
  /** The family that the user found a language model to be of, by its fingerprint; null: not asked yet. */
  readonly chosenFamily: (fingerprint: string) => ModelFamily | null
}

type Looked = Candidate & { readonly facts: FileFacts }

/**
 * The models in `places` that are not in the library, usable ones first, each with the projectors that fit it; what cannot
 * be used, and what lies on drives that are not connected, with the reason.
 * @throws the signal's reason when it aborts.
 */
export async function scanPlaces(
  places: readonly Place[],
  options: ScanOptions,
  signal?: AbortSignal,
): Promise<FoundModel[]> {
  const { candidates, away } = await uniqueCandidates(places, signal)
  const looked = await inParallel(candidates, async (candidate) => ({
    ...candidate,
    facts: await options.inspectFile(candidate.path, signal),
  }))
  const projectors = looked.filter(({ facts }) => facts.kind === 'projector')
  const kept = await realPaths(options.entries)
  const isModel = ({ facts, real, isProjectorOnly }: Looked) =>
    facts.kind !== 'projector' && facts.kind !== 'adapter' && !isProjectorOnly && !kept.has(real)
  const findDuplicate = duplicatesAmong(options.entries)
  const found = await inParallel(looked.filter(isModel), (one) =>
    foundModel(one, projectors, options, findDuplicate, signal),
  )
  const unusable = ({ problem }: FoundModel) => Number(problem !== null)
  const byName = (a: FoundModel, b: FoundModel) =>
    a.name.localeCompare(b.name, undefined, { numeric: true }) || (a.textPath < b.textPath ? -1 : 1)
  return [...found, ...away.map(onAwayDrive)].sort((a, b) => unusable(a) - unusable(b) || byName(a, b))
}

/**
 * The projectors in `places` that the language model at `textPath` could have, best first: those that surely fit it, at most
 * four, or else the best of each family whose width fits. @throws the signal's reason when it aborts.
 */
export async function projectorsIn(
  places: readonly Place[],
  textPath: string,
  inspectFile: InspectFile,
  signal?: AbortSignal,
): Promise<ProjectorChoice[]> {
  const { candidates } = await uniqueCandidates(places, signal)
  const looked = await inParallel(candidates, async (one) => ({ ...one, facts: await inspectFile(one.path, signal) }))
  const projectors = looked.filter((one) => one.facts.kind === 'projector')
  const text = { path: textPath, facts: await inspectFile(textPath, signal), projectors: [] }
  const { projectorPaths, choices } = projectorsFor(text, projectors)
  const sure = projectorPaths.slice(0, MOST_CHOICES).flatMap((projectorPath): ProjectorChoice[] => {
    const family = projectors.find(({ path }) => path === projectorPath)?.facts.family ?? null
    return isModelFamily(family) ? [{ projectorPath, family, label: familyLabel(family) }] : []
  })
  return [...sure, ...choices].slice(0, MOST_CHOICES)
}

async function foundModel(
  { facts, ...candidate }: Looked,
  projectors: readonly Inspected[],
  options: ScanOptions,
  findDuplicate: FindDuplicate,
  signal?: AbortSignal,
): Promise<FoundModel> {
  const { entries } = options
  const shown = {
    name: candidate.name ?? facts.name,
    keeper: candidate.keeper,
    textPath: candidate.path,
    bytes: facts.bytes,
    quantization: facts.quantization ?? '',
  }
  const nothing = { projectorPaths: [], choices: [], duplicateOf: null, apartBytes: null, note: null }
  if (facts.oneFile) {
    const taken = entries.filter(({ apartFrom }) => apartFrom !== null)
    const fingerprint = taken.length > 0 ? await fingerprintOf(candidate.path).catch(() => null) : null
    const apart = taken.find(({ apartFrom }) => apartFrom === fingerprint)
    const apartBytes = facts.oneFile.textBytes + facts.oneFile.projectorBytes
    return { ...shown, ...nothing, duplicateOf: apart?.model.id ?? null, problem: null, apartBytes }
  }
  if (facts.problem !== null) return { ...shown, ...nothing, problem: facts.problem }
  const { text, paired } = await pairedWith({ ...candidate, facts }, projectors, options)
  const note = paired.projectorPaths.length === 0 ? withoutProjector(text, projectors, paired) : null
  const known = { projectorPaths: [...paired.projectorPaths], choices: [...paired.choices] }
  return {
    ...shown,
    ...nothing,
    ...known,
    duplicateOf: await findDuplicate(facts.paths, candidate.sha256, signal),
    problem: null,
    note,
  }
}

/** The projectors for a language model; where its header does not tell its family, that which the user found counts. */
async function pairedWith(
  text: Inspected,
  projectors: readonly Inspected[],
  { chosenFamily }: ScanOptions,
): Promise<{ text: Inspected; paired: Paired }> {
  const paired = projectorsFor(text, projectors)
  if (paired.choices.length === 0) return { text, paired }
  const fingerprint = await fingerprintOf(text.path).catch(() => null)
  const family = fingerprint === null ? null : chosenFamily(fingerprint)
  if (family === null) return { text, paired }
  const asChosen = { ...text, facts: { ...text.facts, family: text.facts.family ?? family } }
  const again = projectorsFor(asChosen, projectors)
  if (again.projectorPaths.length > 0) return { text: asChosen, paired: again }
  const chosen = paired.choices.filter((choice) => choice.family === family).map(({ projectorPath }) => projectorPath)
  return { text: asChosen, paired: { projectorPaths: chosen, choices: chosen.length > 0 ? [] : again.choices } }
}

/** What cannot be looked at because its drive is not there. */
function onAwayDrive({ path, drive, keeper }: Searched['away'][number]): FoundModel {
  const problem = `It is on a drive that is not connected (${drive}). Connect it, then search again.`
  const nothing = { projectorPaths: [], choices: [], duplicateOf: null, apartBytes: null, note: null }
  return { name: basename(path) || path, keeper, textPath: path, bytes: 0, quantization: '', problem, ...nothing }
}

/** Each file once, under the first name that was found for it, with the projectors that any keeper names for it. */
async function uniqueCandidates(places: readonly Place[], signal?: AbortSignal): Promise<Searched> {
  const unique = new Map<string, Candidate>()
  const away = new Map<string, Searched['away'][number]>()
  for (const place of places) {
    const searched = await candidatesIn(place, signal)
    for (const candidate of searched.candidates) if (!unique.has(candidate.real)) unique.set(candidate.real, candidate)
    for (const one of searched.away) if (!away.has(one.path)) away.set(one.path, one)
  }
  return { candidates: [...unique.values()], away: [...away.values()] }
}

async function realPaths(entries: readonly Entry[]): Promise<Set<string>> {
  const paths = entries.flatMap(({ files }) => files.map((file) => file.path))
  return new Set(await Promise.all(paths.map((path) => realpath(path).catch(() => path))))
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length)
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const i = next++
      results[i] = await work(items[i]!)
    }
  }
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, worker))
  return results
}

/** Files up to this size are hashed in full before they are called equal, in bytes. */
const CONFIRM_BYTES = 512 * 2 ** 20

/** Finds the model of the library that has the same language model as the file(s) at `paths`. */
type FindDuplicate = (paths: readonly string[], sha256: string | null, signal?: AbortSignal) => Promise<string | null>

type Content = Pick<EntryFile, 'path' | 'sha256'>

/**
 * Gives the id of the model among `entries` whose language model has the same content; null when there is none. Equal
 * digests are equal content; where one is not known, size, first and last MiB decide, and for files up to 512 MiB the
 * digests of both. Each file is read once, however many it is compared with. What cannot be read is equal to nothing.
 * Throws the signal's reason when it aborts.
 */
function duplicatesAmong(entries: readonly Entry[]): FindDuplicate {
  const fingerprint = once((path: string) => fingerprintOf(path))
  const digest = once((path: string, signal?: AbortSignal) => sha256Of(path, signal))
  const isSame = async (a: Content, b: Content, signal?: AbortSignal): Promise<boolean> => {
    if (a.sha256 !== null && b.sha256 !== null) return a.sha256 === b.sha256
    try {
      const [size, other] = [(await stat(a.path)).size, (await stat(b.path)).size]
      if (size !== other || (await fingerprint(a.path)) !== (await fingerprint(b.path))) return false
      return (
        size > CONFIRM_BYTES ||
        (a.sha256 ?? (await digest(a.path, signal))) === (b.sha256 ?? (await digest(b.path, signal)))
      )
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof Error && 'code' in error) return false
      throw error
    }
  }
  return async (paths, sha256, signal) => {
    for (const { model, files } of entries) {
      const own = files.filter((file) => file.role === 'text')
      if (own.length !== paths.length) continue
      let same = true
      for (const [i, file] of own.entries())
        same &&= await isSame({ path: paths[i]!, sha256: paths.length === 1 ? sha256 : null }, file, signal)
      if (same) return model.id
    }
    return null
  }
}

/** Work on a path that is done the first time only. */
function once(work: (path: string, signal?: AbortSignal) => Promise<string>): typeof work {
  const done = new Map<string, Promise<string>>()
  return (path, signal) => {
    const known = done.get(path) ?? work(path, signal)
    done.set(path, known)
    return known
  }
}
