/** One exchange of a made conversation. */
export interface Exchange {
  readonly question: string
  readonly answer: string
}

const syllables =
  'ba be bi bo bu da de di do du fa fe ga go ha he ka ke ki ko la le li lo lu ma me mi mo mu na ne ni no pa pe po ra re ri ro ru sa se si so ta te ti to va ve vi za zo ing ter ent ion con pro str al er en'.split(
    ' ',
  )

/** Numbers from 0 up to 1, the same for the same `seed` (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/**
 * Conversations of made-up words until their text has `bytes` bytes: words are as frequent as in a natural language
 * (Zipf's law over 20,000 of them), questions are short and answers have about 1,500 characters in paragraphs. Six
 * exchanges a conversation; the same for the same arguments. The word `lighthouse` stands in every 400th answer.
 */
export function* conversationCorpus(bytes: number, seed = 1): Generator<readonly Exchange[]> {
  const random = seededRandom(seed)
  const pick = (count: number) => Math.floor(random() * count)
  const vocabulary = Array.from({ length: 20_000 }, () =>
    Array.from({ length: 1 + pick(4) }, () => syllables[pick(syllables.length)]).join(''),
  )
  const word = () => vocabulary[Math.floor(vocabulary.length ** random()) - 1] as string
  const words = (count: number) => Array.from({ length: count }, word).join(' ')
  let written = 0
  let answers = 0
  while (written < bytes) {
    const exchanges = Array.from({ length: 6 }, () => {
      const question = `${words(6 + pick(14))}?`
      const paragraphs = Array.from({ length: 1 + pick(6) }, () => `${words(30 + pick(80))}.`)
      if (++answers % 400 === 0) paragraphs.push(`The lighthouse of ${words(3)}.`)
      return { question, answer: paragraphs.join('\n\n') }
    })
    written += exchanges.reduce((sum, { question, answer }) => sum + question.length + answer.length, 0)
    yield exchanges
  }
}
