/**
 * An expression of ffmpeg that is true for the frames whose `of` is one of these numbers (rising): a search by halves,
 * because ffmpeg reads no more than a hundred terms in a row and would look at each of them for every frame.
 *
 * @param of "n": a frame's number among those that are decoded; "pts": its time in ticks.
 */
export function selectFrames(numbers: readonly number[], of: 'n' | 'pts' = 'n'): string {
  if (numbers.length === 1) return `eq(${of},${numbers[0]})`
  const half = numbers.length >> 1
  return `if(lt(${of},${numbers[half]}),${selectFrames(numbers.slice(0, half), of)},${selectFrames(numbers.slice(half), of)})`
}
