import type { Message } from '#contract'

/** What a snapshot or a branch tells of a path of which all is sent. */
export const wholePath = (messages: readonly Message[], others: readonly Message[] = []) => ({
  path: messages.map(({ id }) => id),
  pairs: Object.fromEntries(
    others.map((other) => {
      const shown = messages.find(({ id, beside }) => id === other.beside || beside === other.id)
      return [shown?.id ?? '', other.id]
    }),
  ),
  branched: messages.some(({ siblings }) => siblings.length > 1),
  messages: [...messages],
  others: [...others],
})
