import type { CatalogueEntry, EntryFit, Fit, Placement } from '#contract'
import { anyPlacement, estimateFit, estimatePlacement, sizedModel, usualFiles } from '../../engine/index.ts'
import type { MachineFacts, ModelShape, SizedModel } from '../../engine/index.ts'

/** A context that is worth having, in tokens. */
const WORTHWHILE_CONTEXT = 8192
const worthwhile: Placement = { ...anyPlacement, contextTokens: WORTHWHILE_CONTEXT }
/** Share of the free memory that a good choice takes at most, on each device. */
const HEADROOM = 0.85
/** A picture of 1,024 tokens is to be in the context within so many seconds. */
const MOST_SECONDS = 10
/** A model of fewer billions is recommended only where no other fits: it misses too much to be believed. */
const LEAST_BILLIONS = 2
/** A model so many times as strong is worth a word although it is slower. */
const MUCH_STRONGER = 2
const MOST_TIMES_SLOWER = 4
/** A newer generation sees as well as one of so many times its size. */
const generations: Readonly<Record<CatalogueEntry['family'], number>> = {
  qwen2vl: 1,
  qwen25vl: 1.5,
  qwen3vl: 4,
  qwen35: 4,
}

/** An entry as a recommendation looks at it. `shape`: of its language model and projector. */
export interface Candidate {
  readonly entry: CatalogueEntry
  readonly shape: ModelShape
}

/** A model that would run here, and why it is recommended in a sentence. */
export interface Recommended {
  readonly entry: CatalogueEntry
  readonly fit: Fit
  readonly reason: string
}

/** An entry's model in its usual quantization, by its shape. */
export function usualModel({ entry, shape }: Candidate): SizedModel {
  return sizedModel(shape, { name: entry.name, trainedContext: entry.contextTokens, ...usualFiles(shape) })
}

/** Whether a model runs comfortably on a computer, with a worthwhile context, and leaves memory to other programs. */
export function runsWell(model: SizedModel, facts: MachineFacts): boolean {
  const { speed, contextTokens } = estimateFit(model, withHeadroom(facts), worthwhile)
  return (
    (speed === 'fast' || speed === 'comfortable') &&
    contextTokens >= Math.min(WORTHWHILE_CONTEXT, model.text.trainedContext)
  )
}

/** The same computer with less free memory. */
function withHeadroom(facts: MachineFacts): MachineFacts {
  const devices = facts.devices.map((device) => ({ ...device, freeBytes: device.freeBytes * HEADROOM }))
  return { ...facts, systemFreeBytes: facts.systemFreeBytes * HEADROOM, devices }
}

/**
 * The general models that fit a computer, the one to begin with first: the best of those that run well and have a picture of
 * 1,024 tokens in the context within 10 s by the estimate. Then, or where there is none, the others, the fastest first; those
 * that are very small come last, so that the best of a large computer without a graphics card is no toy. Of equals the first.
 */
export function recommend(candidates: readonly Candidate[], facts: MachineFacts): Recommended[] {
  const fitting = candidates
    .filter(({ entry }) => entry.kind === 'instruct' && entry.job === null)
    .map((candidate): Rated => {
      const model = usualModel(candidate)
      const fit = estimateFit(model, withHeadroom(facts), worthwhile)
      const seconds = fit.pictureSeconds ?? Infinity
      const isGood = seconds <= MOST_SECONDS && runsWell(model, facts)
      return { entry: candidate.entry, fit, seconds, isGood, strength: strengthOf(candidate.entry) }
    })
    .filter(({ fit }) => fit.level !== 'no')
  const place = ({ entry, isGood }: Rated) => (billions(entry) < LEAST_BILLIONS ? 2 : isGood ? 0 : 1)
  const order = fitting.toSorted(
    (a, b) => place(a) - place(b) || (place(a) === 1 ? a.seconds - b.seconds : b.strength - a.strength),
  )
  return order.map((one) => {
    const { entry, fit } = one
    const better = fit.level === 'cpu' ? worthTheWait(one, fitting) : undefined
    const wait = better ? `; ${better.entry.name} answers better and takes ${about(better.seconds)}` : ''
    return { entry, fit, reason: `${whyOf(one)}${wait}.` }
  })
}

interface Rated {
  readonly entry: CatalogueEntry
  readonly fit: Fit
  readonly seconds: number
  readonly isGood: boolean
  readonly strength: number
}

/** The best of the much stronger models that are slower than this one, but no more than so many times. */
function worthTheWait({ strength, seconds }: Rated, all: readonly Rated[]): Rated | undefined {
  return all
    .filter((other) => other.strength >= MUCH_STRONGER * strength && other.seconds > seconds)
    .filter((other) => other.seconds <= MOST_TIMES_SLOWER * Math.max(seconds, MOST_SECONDS))
    .toSorted((a, b) => b.strength - a.strength || a.seconds - b.seconds)[0]
}

function whyOf(one: Rated): string {
  const time = `reads a picture in ${about(one.seconds)} ${where[one.fit.level]}`
  if (billions(one.entry) < LEAST_BILLIONS) return `It is small and misses much, but what fits here ${time}`
  if (one.isGood) return `It is the best model that is quick here: it ${time}`
  return `No good model reads a picture within ${MOST_SECONDS} s here; this one comes nearest and ${time}`
}

const where: Readonly<Record<Fit['level'], string>> = {
  gpu: 'on the graphics card',
  partial: 'on the graphics card and the processor',
  cpu: 'on the processor',
  no: '',
}

const about = (seconds: number) =>
  seconds < 100 ? `about ${Math.max(1, Math.round(seconds))} s` : `about ${Math.round(seconds / 60)} min`

/** Billions of weights, of all experts. */
const billions = ({ parameters }: CatalogueEntry) => Number.parseFloat(parameters)

/**
 * How well a model sees, to compare it with others: its size, for a mixture of experts the mean of all and those a token goes
 * through, times what its generation is worth.
 */
function strengthOf(entry: CatalogueEntry): number {
  const active = /-A([\d.]+)B/.exec(entry.parameters)?.[1]
  const size = active === undefined ? billions(entry) : Math.sqrt(billions(entry) * Number.parseFloat(active))
  return size * generations[entry.family]
}

/** How many pictures of 1,024 tokens in one conversation an entry's memory is told for. */
const PICTURES = [1, 4, 16]
const PICTURE_TOKENS = 1024
/** Room for words beside the pictures, in tokens. */
const WORDS = 1024

/** How an entry would run here by its shape, and what it takes with 1, 4 and 16 pictures; fewer where its context ends before. */
export function entryFit(candidate: Candidate, facts: MachineFacts): EntryFit {
  const model = usualModel(candidate)
  const memory = PICTURES.map((pictures) => ({ pictures, contextTokens: pictures * PICTURE_TOKENS + WORDS }))
    .filter(({ contextTokens, pictures }) => pictures === 1 || contextTokens <= model.text.trainedContext)
    .map(({ pictures, contextTokens }) => ({
      pictures,
      bytes: estimatePlacement(model, facts, { ...anyPlacement, contextTokens }).fit.neededBytes,
    }))
  return { entryId: candidate.entry.id, fit: estimateFit(model, facts), memory }
}
