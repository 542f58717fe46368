import { basename, dirname, relative, sep } from 'node:path'
import type { FileFacts } from '../types.ts'

/** A file with its facts, and the projectors that its keeper says belong to it. */
export interface Inspected {
  readonly path: string
  readonly facts: FileFacts
  readonly projectors: readonly string[]
}

const families = { qwen2vl: 'Qwen2-VL', qwen25vl: 'Qwen2.5-VL' }

/**
 * Whether a projector can belong to a language model: it gives vectors of the width that the model takes, and is of the same
 * family where both tell.
 */
export function fits(text: FileFacts, projector: FileFacts): boolean {
  const sameFamily = text.family === null || projector.family === null || text.family === projector.family
  return projector.problem === null && projector.width === text.width && sameFamily
}

/** The projectors that fit, best first: the keeper's own, then the nearest folder, then the most similar name. */
export function projectorsFor(text: Inspected, projectors: readonly Inspected[]): string[] {
  const rank = (projector: Inspected) => [
    text.projectors.includes(projector.path) ? 0 : 1,
    distance(text.path, projector.path),
    -similarity(text, projector),
  ]
  return projectors
    .filter((projector) => fits(text.facts, projector.facts))
    .map((projector) => ({ path: projector.path, rank: rank(projector) }))
    .sort((a, b) => a.rank[0]! - b.rank[0]! || a.rank[1]! - b.rank[1]! || a.rank[2]! - b.rank[2]! || (a.path < b.path ? -1 : 1))
    .map(({ path }) => path)
}

/** What to say of a model for which no projector fits. */
export function withoutProjector(text: Inspected, projectors: readonly Inspected[]): string {
  const beside = projectors.find((projector) => distance(text.path, projector.path) === 0)
  const consequence = 'so it would answer text only. Add the projector (mmproj) of the same model.'
  if (!beside) return `No projector for it was found, ${consequence}`
  const name = basename(beside.path)
  const { width, family } = text.facts
  if (beside.facts.problem !== null) return `The projector beside it cannot be used, ${consequence} ${beside.facts.problem}`
  if (beside.facts.width !== width)
    return `${name} beside it gives vectors of ${beside.facts.width} numbers, this model takes ${width}, ${consequence}`
  return `${name} beside it is for ${families[beside.facts.family!]}, this model is a ${families[family!]}, ${consequence}`
}

/** Steps from one file's folder to the other's. */
function distance(a: string, b: string): number {
  const way = relative(dirname(a), dirname(b))
  return way === '' ? 0 : way.split(sep).length
}

/** Words that both names have, counted. */
function similarity(a: Inspected, b: Inspected): number {
  const words = ({ path, facts }: Inspected) => {
    const name = `${basename(path)} ${facts.name}`.toLowerCase()
    return new Set(name.match(/[a-z]+|\d+(\.\d+)?/g) ?? [])
  }
  const mine = words(a)
  return [...words(b)].filter((word) => mine.has(word)).length
}
