import type { ErrorInfo, Remedy } from '#contract'

/** The words of each way out of a full context. */
export const remedyWords: Record<Remedy, string> = {
  context: 'Raise the context',
  turns: 'Leave out the oldest messages',
  detail: 'Lower the pictures’ detail',
}

/**
 * What can be done about a full context, the advised one first; nothing for another error. `isFirst`: no messages come
 * before the question.
 */
export function remediesFor({ code, detail }: ErrorInfo, isFirst: boolean): Remedy[] {
  if (code !== 'ContextFull') return []
  const number = (name: string) => (typeof detail?.[name] === 'number' ? detail[name] : 0)
  const possible: Record<Remedy, boolean> = {
    context: number('needed') < number('limit'),
    turns: !isFirst,
    detail: number('pictures') + number('video') > 0,
  }
  const advised = (remedy: Remedy) => (detail?.['remedy'] === remedy ? 0 : 1)
  return (Object.keys(possible) as Remedy[])
    .filter((remedy) => possible[remedy])
    .sort((a, b) => advised(a) - advised(b))
}
