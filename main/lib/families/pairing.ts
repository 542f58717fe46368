import { families, familyById, familyLabel, familyList } from './families.ts'

/** A language model as pairing sees it. `width`: of the vectors that it takes. */
export interface PairedText {
  readonly name: string
  /** Id of its family; null: one of those that share an architecture, and nothing tells which. */
  readonly family: string | null
  readonly width: number | null
}

/** A projector as pairing sees it. `fileName` without folders; `width`: of the vectors that it gives. */
export interface PairedProjector {
  readonly fileName: string
  /** By its header. */
  readonly name?: string
  readonly family: string | null
  readonly width: number | null
}

/** `unsure`: the headers do not tell, so that somebody has to look at an answer. `why`: in sentences; null when it fits. */
export type Pairing =
  | { readonly verdict: 'fits'; readonly why: null }
  | { readonly verdict: 'unsure' | 'mismatch'; readonly why: string }

/** The architecture that several families share: a text model without a family has it. */
const SHARED_ARCHITECTURE = 'qwen2vl'
const ADVICE = 'Choose the projector (mmproj) that belongs to this model.'
/** Families whose sizes share widths, so that a projector of another size would be taken without a word. */
const SHARED_WIDTHS: readonly string[] = ['qwen3vl', 'qwen35']
/** The size in a name, e.g. "2B" or "30B-A3B"; null when it has none. */
const sizeIn = (name: string): string | null =>
  /\d+(\.\d+)?B(-A\d+B)?/i.exec(name.replace(/\s/g, '-'))?.[0].toUpperCase() ?? null
const integers = new Intl.NumberFormat('en')

/** Ids of the families among which the one of a language model without a family is. */
export function sharingFamilies(): string[] {
  return families
    .filter(({ architectures, vision }) => vision !== null && architectures.includes(SHARED_ARCHITECTURE))
    .map(({ id }) => id)
}

/**
 * Whether a language model and a projector belong together: they do when widths and families agree. The one check of folder
 * scan, engine, command line and imports.
 */
export function pairing(text: PairedText, projector: PairedProjector): Pairing {
  const { fileName, family } = projector
  const label = family === null ? 'an unknown family' : familyLabel(family)
  const possible = text.family === null ? sharingFamilies() : [text.family]
  const tower = family === null ? undefined : familyById(family)?.towerOf
  const isOwn = family !== null && possible.includes(family)
  if (!isOwn && !(tower !== undefined && possible.includes(tower))) {
    const what = text.family === null ? 'a model of another architecture' : `a ${familyLabel(text.family)} model`
    return { verdict: 'mismatch', why: `${fileName} is the projector of ${label}, ${text.name} is ${what}. ${ADVICE}` }
  }
  if (text.width !== null && projector.width !== null && text.width !== projector.width) {
    const [given, taken] = [integers.format(projector.width), integers.format(text.width)]
    return {
      verdict: 'mismatch',
      why: `${fileName} gives vectors of ${given} numbers, ${text.name} takes ${taken}. ${ADVICE}`,
    }
  }
  if (text.family === null) {
    const why = `Nothing in the header of ${text.name} tells whether it is ${familyList(possible)}; ${fileName} is for ${label}.`
    return { verdict: 'unsure', why: `${why} Try it on a picture.` }
  }
  const [own, other] = [sizeIn(text.name), sizeIn(projector.name ?? '') ?? sizeIn(fileName)]
  if (isOwn && SHARED_WIDTHS.includes(family) && own !== null && other !== null && own !== other) {
    const why = `${fileName} is by its name for a model of ${other}, ${text.name} has ${own}.`
    return { verdict: 'unsure', why: `${why} Try it on a picture.` }
  }
  if (isOwn) return { verdict: 'fits', why: null }
  const why = `${fileName} is the projector of ${label}, which sees as ${familyLabel(text.family)} does but was trained with another model.`
  return { verdict: 'unsure', why: `${why} Try it on a picture.` }
}
