const WORDS = (
  'amber bridge candle desert engine forest garden harbour island jacket kettle ladder meadow needle orchard pocket quarry river saddle ' +
  'timber umbrella valley window yellow zebra anchor basket copper dragon ember fountain glacier hammer ivory jungle kitchen lantern marble'
).split(' ')

/** Made-up text of `length` characters. Two numbers below 38 give texts that differ from the first letter or word on. */
export function prose(number: number, length: number): string {
  const words: string[] = []
  let characters = 0
  let state = number + 1
  for (let i = 0; characters < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const word = i === 0 ? WORDS[number % WORDS.length]! : WORDS[(state >>> 16) % WORDS.length]!
    words.push(word)
    characters += word.length + 1
  }
  return words.join(' ').slice(0, length)
}
