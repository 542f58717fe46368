/**
 * An expression of ffmpeg that is true for the frames of those numbers (rising): a search by halves, because ffmpeg reads no
 * more than a hundred terms in a row and would look at each of them for every frame.
 */
export function selectFrames(indices: readonly number[]): string {
  if (indices.length === 1) return `eq(n,${indices[0]})`
  const half = indices.length >> 1
  return `if(lt(n,${indices[half]}),${selectFrames(indices.slice(0, half))},${selectFrames(indices.slice(half))})`
}
