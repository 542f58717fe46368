import { plural, t } from '@lingui/core/macro'
import { formatLocale } from './i18n.ts'

export { clock } from './clock.ts'

const numbers = new Intl.NumberFormat(formatLocale())
const oneDecimal = new Intl.NumberFormat(formatLocale(), { maximumFractionDigits: 1 })

/** A count in the locale's own grouping: 1,290. */
export const count = (value: number): string => numbers.format(Math.round(value))

/** "1 token", "1,290 tokens". */
export const tokens = (value: number): string => plural(Math.round(value), { one: '# token', other: '# tokens' })

/** A share of 0..1 in whole per cent: "40 %". Never 100 % before the end. */
export const percent = (share: number): string => `${Math.floor(Math.min(1, Math.max(0, share)) * 100)}\u00a0%`

/** A duration in ms as a person reads it: "340 ms", "1.2 s", "2 min 5 s". */
export function duration(ms: number): string {
  if (ms < 1_000) return t`${Math.round(ms)} ms`
  if (ms < 60_000) return t`${oneDecimal.format(ms / 1_000)} s`
  const seconds = Math.round(ms / 1_000)
  return t`${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** A speed in tokens per second: "14.9 tokens/s". */
export const speed = (tokensPerSecond: number): string => t`${oneDecimal.format(tokensPerSecond)} tokens/s`

/** A file size in decimal units, as file managers show it: "3.9 MB". */
export function bytes(value: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)))
  const format = new Intl.NumberFormat(formatLocale(), {
    style: 'unit',
    unit: units[power],
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: 1,
  })
  return format.format(value / 1000 ** power)
}

/** The remaining time as text: "about 40 s", "about 2 min", "about 1 h 20 min". */
export function timeLeft(seconds: number): string {
  if (seconds < 50) return t`about ${Math.max(1, Math.ceil(seconds / 5) * 5)}\u00a0s`
  const minutes = Math.max(1, Math.round(seconds / 60))
  if (minutes < 60) return t`about ${minutes}\u00a0min`
  const rest = minutes % 60 < 5 ? 0 : Math.round((minutes % 60) / 10) * 10
  const hours = Math.floor(minutes / 60) + (rest === 60 ? 1 : 0)
  return rest % 60 === 0 ? t`about ${hours}\u00a0h` : t`about ${hours}\u00a0h ${rest}\u00a0min`
}

const DAY_MS = 86_400_000
const relativeDays = new Intl.RelativeTimeFormat(formatLocale(), { numeric: 'auto' })
const days = new Intl.DateTimeFormat(formatLocale(), { day: 'numeric', month: 'short', year: 'numeric' })

/** A day of the past: "today", "yesterday", "6 days ago", then the date. Times in ms since 1970. */
export function day(time: number, now: number): string {
  const past = Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(time).setHours(0, 0, 0, 0)) / DAY_MS)
  return past < 7 ? relativeDays.format(-Math.max(0, past), 'day') : days.format(time)
}

const nouns = {
  answer: (n: number) => plural(n, { one: '# answer', other: '# answers' }),
  change: (n: number) => plural(n, { one: '# change', other: '# changes' }),
  conversation: (n: number) => plural(n, { one: '# conversation', other: '# conversations' }),
  core: (n: number) => plural(n, { one: '# core', other: '# cores' }),
  day: (n: number) => plural(n, { one: '# day', other: '# days' }),
  field: (n: number) => plural(n, { one: '# field', other: '# fields' }),
  file: (n: number) => plural(n, { one: '# file', other: '# files' }),
  frame: (n: number) => plural(n, { one: '# frame', other: '# frames' }),
  item: (n: number) => plural(n, { one: '# item', other: '# items' }),
  message: (n: number) => plural(n, { one: '# message', other: '# messages' }),
  model: (n: number) => plural(n, { one: '# model', other: '# models' }),
  'more picture': (n: number) => plural(n, { one: '# more picture', other: '# more pictures' }),
  'other file': (n: number) => plural(n, { one: '# other file', other: '# other files' }),
  page: (n: number) => plural(n, { one: '# page', other: '# pages' }),
  picture: (n: number) => plural(n, { one: '# picture', other: '# pictures' }),
  preset: (n: number) => plural(n, { one: '# preset', other: '# presets' }),
  question: (n: number) => plural(n, { one: '# question', other: '# questions' }),
  row: (n: number) => plural(n, { one: '# row', other: '# rows' }),
  video: (n: number) => plural(n, { one: '# video', other: '# videos' }),
}

/** "1 model", "3 models", in the language of the window. */
export const counted = (value: number, one: keyof typeof nouns): string => nouns[one](Math.round(value))

const lists = new Intl.ListFormat(formatLocale(), { type: 'conjunction' })

/** "ChatGPT, Jan and LM Studio": all of a list, as the language of the window joins them. */
export const listed = (all: readonly string[]): string => lists.format(all)
