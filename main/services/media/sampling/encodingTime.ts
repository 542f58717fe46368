/** How long encoding one picture or pair of frames of so many tokens took, in ms. */
export interface Encoded {
  readonly tokens: number
  readonly ms: number
}

/**
 * Estimated time to encode `slices` pairs of frames of so many tokens each, in ms: as long as the known picture or pair
 * whose tokens are nearest, by tokens. null when none is known.
 */
export function encodingTime(
  known: readonly Encoded[],
  { slices, tokens }: { slices: number; tokens: number },
): number | null {
  if (known.length === 0) return null
  const distance = (one: Encoded) => Math.abs(Math.log(one.tokens / tokens))
  const nearest = known.reduce((best, one) => (distance(one) < distance(best) ? one : best))
  return Math.round((nearest.ms / nearest.tokens) * tokens * slices)
}
