import { realpath, stat } from 'node:fs/promises'
import { basename, isAbsolute, join } from 'node:path'
import { AppError } from '#contract'
import type { FoundModel } from '#contract'
import type { Entry, InspectFile } from '../types.ts'
import { candidatesIn } from './candidates.ts'
import type { Candidate } from './candidates.ts'
import { duplicateOf } from './duplicates.ts'
import { projectorsFor, withoutProjector } from './pairing.ts'
import type { Place } from './places.ts'

/** Headers read at the same time. */
const PARALLEL = 4

/**
 * The models in `places` that are not in the library, usable ones first, each with the projectors that fit it.
 * @throws the signal's reason when it aborts.
 */
export async function scanPlaces(
  places: readonly Place[],
  entries: readonly Entry[],
  inspectFile: InspectFile,
  signal?: AbortSignal,
): Promise<FoundModel[]> {
  const looked = await inParallel(await uniqueCandidates(places, signal), async (candidate) => ({
    ...candidate,
    facts: await inspectFile(candidate.path, signal),
  }))
  const projectors = looked.filter(({ facts }) => facts.kind === 'projector')
  const kept = await realPaths(entries)
  const models = looked.filter(({ facts, real }) => facts.kind !== 'projector' && facts.kind !== 'adapter' && !kept.has(real))
  const found = await inParallel(models, async ({ facts, ...candidate }): Promise<FoundModel> => {
    const text = { ...candidate, facts }
    const paired = facts.problem === null ? projectorsFor(text, projectors) : { projectorPaths: [], choices: [] }
    const projectorPaths = [...paired.projectorPaths]
    return {
      name: candidate.name ?? facts.name,
      keeper: candidate.keeper,
      textPath: candidate.path,
      projectorPaths,
      choices: [...paired.choices],
      bytes: facts.bytes,
      quantization: facts.quantization ?? '',
      duplicateOf: facts.problem === null ? await duplicateOf(facts.paths, candidate.sha256, entries, signal) : null,
      problem: facts.problem,
      note: facts.problem === null && projectorPaths.length === 0 ? withoutProjector(text, projectors, paired) : null,
    }
  })
  const unusable = ({ problem }: FoundModel) => Number(problem !== null)
  const byName = (a: FoundModel, b: FoundModel) => a.name.localeCompare(b.name) || (a.textPath < b.textPath ? -1 : 1)
  return found.sort((a, b) => unusable(a) - unusable(b) || byName(a, b))
}

/**
 * A folder of the user's as a place; what looks like Ollama's store is read as one.
 * @throws AppError InvalidInput, ModelNotFound.
 */
export async function placeAt(folder: string): Promise<Place> {
  if (!isAbsolute(folder))
    throw new AppError('InvalidInput', `${folder} is not the full path of a folder. Choose a folder.`, { folder })
  const isFolder = async (path: string) => (await stat(path).catch(() => null))?.isDirectory() ?? false
  if (!(await isFolder(folder))) {
    const advice = 'Check that its disk is connected, or choose another one.'
    throw new AppError('ModelNotFound', `${folder} is no folder that can be read. ${advice}`, { folder })
  }
  const keepsBlobs = (await isFolder(join(folder, 'manifests'))) && (await isFolder(join(folder, 'blobs')))
  return { keeper: keepsBlobs ? 'Ollama' : basename(folder) || folder, layout: keepsBlobs ? 'ollama' : 'folders', path: folder }
}

/** Each file once, under the first name that was found for it. */
async function uniqueCandidates(places: readonly Place[], signal?: AbortSignal): Promise<Candidate[]> {
  const unique = new Map<string, Candidate>()
  for (const place of places)
    for (const candidate of await candidatesIn(place, signal))
      if (!unique.has(candidate.real)) unique.set(candidate.real, candidate)
  return [...unique.values()]
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
