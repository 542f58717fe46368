/** Reads values of files that others wrote: whatever is not what it should be counts as not there. */

export type Fields = Readonly<Record<string, unknown>>

export const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
export const text = (value: unknown): string => (typeof value === 'string' ? value : '')
/** A text with something in it; null otherwise. */
export const textOrNull = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
export const texts = (value: unknown): string[] =>
  list(value).filter((one): one is string => typeof one === 'string' && one !== '')

/** Times above this are in ms, below in s. */
const MS_FROM = 1e11
/** The last ms that a date can have. */
const LAST = 8.64e15

/** A time in ms, of a number of seconds or milliseconds or of ISO text; null: it is none. */
export function time(value: unknown): number | null {
  const number = typeof value === 'string' ? Date.parse(value) : typeof value === 'number' ? value : NaN
  if (!Number.isFinite(number) || number <= 0) return null
  const ms = Math.round(typeof value === 'string' || number > MS_FROM ? number : number * 1000)
  return ms <= LAST ? ms : null
}

/** Takes thoughts in `<think>` tags out of the text of an answer. */
export function splitThought(answer: string): { thought: string | null; rest: string } {
  const [whole, thought] = /^\s*<think(?:ing)?>([\s\S]*?)<\/think(?:ing)?>\s*/.exec(answer) ?? []
  if (whole === undefined || thought === undefined) return { thought: null, rest: answer }
  return { thought: thought.trim() || null, rest: answer.slice(whole.length) }
}

/** Thoughts in their order; null: none of them says anything. */
export const joinThoughts = (thoughts: readonly (string | null)[]): string | null =>
  thoughts.filter((thought) => thought !== null && thought.trim() !== '').join('\n\n') || null

/** Code as Markdown, fenced by more signs than stand together in it. */
export function fenced(code: string, language: string): string {
  const longest = [...code.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length), 2)
  const fence = '`'.repeat(longest + 1)
  return `${fence}${/^[\w+#.-]{1,30}$/.test(language) && language !== 'unknown' ? language : ''}\n${code}\n${fence}`
}

/** The last part of a path, with whatever strokes. */
export const baseName = (path: string): string => path.split(/[/\\]/).at(-1) ?? ''
