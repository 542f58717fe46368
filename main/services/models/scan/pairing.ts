import { basename, dirname, resolve, sep } from 'node:path'
import type { ProjectorChoice } from '#contract'
import { familyById, familyLabel, isModelFamily } from '../../../lib/families/families.ts'
import { pairing } from '../../../lib/families/pairing.ts'
import type { Pairing } from '../../../lib/families/pairing.ts'
import type { FileFacts } from '../types.ts'

/** A file with its facts, and the projectors that its keeper says belong to it. */
export interface Inspected {
  readonly path: string
  readonly facts: FileFacts
  readonly projectors: readonly string[]
}

/** What was found for a language model: projectors that surely fit, best first, or else those of which one has to be chosen. */
export interface Paired {
  readonly projectorPaths: readonly string[]
  /** The best of each family; empty when one surely fits, and when none can. */
  readonly choices: readonly ProjectorChoice[]
}

/**
 * Which projectors go with a language model. The best is the keeper's own, then that in the nearest folder, then that of the
 * most similar name.
 */
export function projectorsFor(text: Inspected, projectors: readonly Inspected[]): Paired {
  const usable = projectors.filter(({ facts }) => facts.problem === null)
  const ranked = usable.map((projector) => ({
    ...projector,
    verdict: verdictOf(text, projector).verdict,
    rank: rankOf(text, projector),
  }))
  ranked.sort(
    (a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1] || a.rank[2] - b.rank[2] || (a.path < b.path ? -1 : 1),
  )
  const sure = ranked.filter(({ verdict }) => verdict === 'fits').map(({ path }) => path)
  if (sure.length > 0) return { projectorPaths: sure, choices: [] }
  const choices = new Map<string, ProjectorChoice>()
  for (const { path, facts, verdict } of ranked) {
    const family = facts.family === null ? null : (familyById(facts.family)?.towerOf ?? facts.family)
    if (verdict !== 'unsure' || !isModelFamily(family) || choices.has(facts.family!)) continue
    choices.set(facts.family!, { projectorPath: path, family, label: familyLabel(facts.family!) })
  }
  return { projectorPaths: [], choices: [...choices.values()] }
}

/** What to say of a model for which no projector surely fits. */
export function withoutProjector(text: Inspected, projectors: readonly Inspected[], { choices }: Paired): string {
  const tried = projectors.find(({ path }) => path === choices[0]?.projectorPath)
  if (tried && text.facts.family !== null) return verdictOf(text, tried).why ?? ''
  if (choices.length > 0) {
    const labels = choices.map(({ label }) => label).join(' and ')
    return `Its header does not tell which projector is its own. What was found is for ${labels}: try it on a picture before you rely on it.`
  }
  const neighbour = projectors.find((projector) => distance(text, projector) === 0)
  const consequence = 'so it would answer text only. Add the projector (mmproj) of the same model.'
  if (!neighbour) return `No projector for it was found, ${consequence}`
  const name = basename(neighbour.path)
  const { width, family } = text.facts
  const { verdict } = verdictOf(text, neighbour)
  if (neighbour.facts.problem !== null)
    return `The projector beside it cannot be used, ${consequence} ${neighbour.facts.problem}`
  if (verdict === 'mismatch' && neighbour.facts.width !== width)
    return `${name} beside it gives vectors of ${neighbour.facts.width} numbers, this model takes ${width}, ${consequence}`
  const what = family === null ? 'of another architecture' : `a ${familyLabel(family)}`
  return `${name} beside it is for ${familyLabel(neighbour.facts.family ?? 'another family')}, this model is ${what}, ${consequence}`
}

function verdictOf(text: Inspected, projector: Inspected): Pairing {
  return pairing(text.facts, { ...projector.facts, fileName: basename(projector.path) })
}

function rankOf(text: Inspected, projector: Inspected): readonly [number, number, number] {
  return [text.projectors.includes(projector.path) ? 0 : 1, distance(text, projector), -similarity(text, projector)]
}

/** Folders on the way to a file, and the words of its names: both are asked for once for each pair of files. */
interface Known {
  readonly folders: readonly string[]
  readonly words: ReadonlySet<string>
}
const known = new WeakMap<FileFacts, Known>()

function knownOf({ path, facts }: Inspected): Known {
  const before = known.get(facts)
  if (before) return before
  const name = `${basename(path)} ${facts.name}`.toLowerCase()
  const now = { folders: resolve(dirname(path)).split(sep), words: new Set(name.match(/[a-z]+|\d+(\.\d+)?/g) ?? []) }
  known.set(facts, now)
  return now
}

/** Steps from one file's folder to the other's. */
function distance(a: Inspected, b: Inspected): number {
  const [from, to] = [knownOf(a).folders, knownOf(b).folders]
  let common = 0
  while (common < from.length && from[common] === to[common]) common++
  return from.length + to.length - 2 * common
}

/** Words that both names have, counted. */
function similarity(a: Inspected, b: Inspected): number {
  const [mine, other] = [knownOf(a).words, knownOf(b).words]
  let count = 0
  for (const word of other) if (mine.has(word)) count++
  return count
}
