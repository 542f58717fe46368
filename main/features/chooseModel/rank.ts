import type { Quantization } from '#contract'

/** What a choice is made of: a quantization, and whether it would leave room for other programs. */
export interface Ranked {
  readonly quantization: Quantization
  /** Runs comfortably, with a context worth having, and leaves memory to others. */
  readonly isGood: boolean
}

/** The choice with why in a sentence; null with why there is none. */
export interface Choice {
  readonly ranked: Ranked | null
  readonly reason: string
}

const USUAL = 'Q4_K_M'
/** Where a repository has no Q4_K_M: bits per weight that count as such. */
const USUAL_BITS = 4.8
/** More bits change nothing that anyone would notice. */
const MOST_BITS = 9
const rank = { fast: 3, comfortable: 2, slow: 1, 'very slow': 0 } as const

/**
 * The quantization that suits this computer best. Of those that run well and lose little: the most exact that is fast,
 * else the quickest. Without one: the quickest that loses little, else the largest that fits.
 */
export function choose(all: readonly Ranked[]): Choice {
  const withEyes = all.filter(({ quantization }) => quantization.projector !== null)
  if (withEyes.length === 0) return { ranked: null, reason: 'No version of this model can see pictures here.' }
  const fitting = withEyes.filter(({ quantization }) => quantization.fit.level !== 'no')
  const [smallest] = withEyes
  if (fitting.length === 0) return { ranked: null, reason: smallest!.quantization.fit.sentence }
  const possible = fitting.filter(({ quantization }) => quantization.hasDiskSpace || quantization.modelId !== null)
  if (possible.length === 0)
    return { ranked: null, reason: 'There is not enough room on the disk for any version that would run.' }

  const usualBits = all.find(({ quantization }) => quantization.name === USUAL)?.quantization.bits ?? USUAL_BITS
  const exact = possible.filter(({ quantization: { bits } }) => bits >= usualBits && bits <= MOST_BITS)
  const good = exact.filter(({ isGood }) => isGood)
  const fast = good.filter(({ quantization }) => quantization.fit.speed === 'fast')
  const speed = ({ quantization: { fit } }: Ranked) => ` About ${tokens(fit.tokensPerSecond ?? 0)} tokens per second.`
  const found = fast.at(-1)
  if (found)
    return { ranked: found, reason: `The most exact version that is fast here. ${found.quantization.fit.sentence}` }
  if (good[0]) return { ranked: good[0], reason: `The quickest version that loses little.${speed(good[0])}` }
  if (exact[0])
    return {
      ranked: exact[0],
      reason: `The smallest version that loses little; it leaves little memory or is slow here.${speed(exact[0])}`,
    }
  const last = possible.filter(({ quantization: { bits } }) => bits < usualBits).at(-1) ?? possible[0]!
  return { ranked: last, reason: `The most exact version that fits; smaller ones answer worse.${speed(last)}` }
}

/** Sorts better choices first: good ones by `size`, the larger first; then others, the faster first. `tie` breaks ties. */
export function better<
  T extends {
    readonly isGood: boolean
    readonly size: number
    readonly tie: number
    readonly quantization: Quantization
  },
>(a: T, b: T): number {
  if (a.isGood !== b.isGood) return a.isGood ? -1 : 1
  const speed = (one: T) => rank[one.quantization.fit.speed ?? 'very slow']
  if (!a.isGood) return speed(b) - speed(a) || a.size - b.size || b.tie - a.tie
  return b.size - a.size || b.tie - a.tie || speed(b) - speed(a)
}

function tokens(perSecond: number): string {
  return perSecond.toLocaleString('en', { maximumFractionDigits: perSecond < 10 ? 1 : 0 })
}
