import type { BenchmarkResult } from '#contract'

/**
 * Estimated time to encode `slices` temporal slices of so many tokens each, in ms: as long as the measured picture whose
 * tokens are nearest, by tokens. null when no picture was measured.
 */
export function encodingTime(results: readonly BenchmarkResult[], { slices, tokens }: { slices: number; tokens: number }): number | null {
  const measured = results.map(({ rows }) => rows.filter((row) => row.kind === 'picture')).find((rows) => rows.length > 0)
  if (!measured) return null
  const distance = ({ pictureTokens }: { pictureTokens: number }) => Math.abs(Math.log(pictureTokens / tokens))
  const nearest = measured.reduce((best, row) => (distance(row) < distance(best) ? row : best))
  return Math.round((nearest.encodeMs / nearest.pictureTokens) * tokens * slices)
}
