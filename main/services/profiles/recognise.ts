import type { Profile } from '#contract'

/** What a model calls itself and where it came from, what tells most first; `of` completes "known by ...". */
export interface Facts {
  readonly names: readonly { readonly of: string; readonly text: string }[]
  readonly chatTemplate: string | null
}

/** The profile of a model, and what told it, to complete "known by ...". */
export interface Recognised {
  readonly profile: Profile
  readonly by: string
}

/**
 * The profile that a model is recognised by: of the first name that any profile knows, the one that knows most words of it, of several
 * alike the first; else the first whose piece is in its chat template. null: none.
 */
export function recognise(profiles: readonly Profile[], { names, chatTemplate }: Facts): Recognised | null {
  for (const { of, text } of names) {
    const words = wordsOf(text)
    const known = profiles
      .map((profile) => ({ profile, count: Math.max(0, ...profile.recognise.names.map((name) => match(words, name))) }))
      .reduce<{ profile: Profile | null; count: number }>((best, one) => (one.count > best.count ? one : best), {
        profile: null,
        count: 0,
      })
    if (known.profile) return { profile: known.profile, by: `${of} "${text}"` }
  }
  const byTemplate = profiles.find(({ recognise: { template } }) =>
    template.some((piece) => chatTemplate?.includes(piece)),
  )
  return byTemplate ? { profile: byTemplate, by: 'its chat template' } : null
}

/** "allenai_olmOCR-2-7B.gguf" are the words allenai, olmocr, 2, 7b and gguf; a point between digits stays: "Holo1.5" is one. */
const wordsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/(?:[^\p{L}\p{N}.]|(?<!\p{N})\.|\.(?!\p{N}))+/u)
    .filter((word) => word !== '')

/** How many words of a name stand one after another among `words`; 0 unless all do. */
function match(words: readonly string[], name: string): number {
  const wanted = wordsOf(name)
  const isAt = (start: number): boolean => wanted.every((word, i) => words[start + i] === word)
  return wanted.length > 0 && words.some((_, start) => isAt(start)) ? wanted.length : 0
}
