import type { MediaCount, Message, Part } from '#contract'
import type { OpenConversation } from './state.ts'

/**
 * Pictures and videos are numbered through a conversation, each kind for itself, as the model is told: what a question shows goes
 * on from what the questions before it showed.
 */
export const noMedia: MediaCount = { pictures: 0, videos: 0 }

/** What a medium is called: "Picture 2", "Video 1". */
export const mediumName = (kind: 'picture' | 'video', number: number): string =>
  `${kind === 'picture' ? 'Picture' : 'Video'} ${number}`

/** The number of each of `kinds`, which come after `before`; null for what is neither. */
export function numbersAfter<Kind extends 'picture' | 'video' | null>(
  before: MediaCount,
  kinds: readonly Kind[],
): (number | null)[] {
  const counts = { picture: before.pictures, video: before.videos }
  return kinds.map((kind) => (kind === null ? null : ++counts[kind as 'picture' | 'video']))
}

const kindOf = ({ type }: Part): 'picture' | 'video' | null =>
  type === 'image' ? 'picture' : type === 'video' || type === 'frames' ? 'video' : null

/** The number of each part of a message; null for words, and for what an answer shows, which no model gets. */
export const numbersOf = ({ role, parts, mediaBefore = noMedia }: Message): (number | null)[] =>
  role === 'user' ? numbersAfter(mediaBefore, parts.map(kindOf)) : parts.map(() => null)

/** What the questions up to a message show, its own included. */
export function mediaUpTo({ role, parts, mediaBefore = noMedia }: Message): MediaCount {
  const kinds = role === 'user' ? parts.map(kindOf) : []
  return {
    pictures: mediaBefore.pictures + kinds.filter((kind) => kind === 'picture').length,
    videos: mediaBefore.videos + kinds.filter((kind) => kind === 'video').length,
  }
}

/** What the questions of the shown path show. */
export function mediaOfPath({ order, messages }: Pick<OpenConversation, 'order' | 'messages'>): MediaCount {
  const last = messages[order.at(-1) ?? '']
  return last ? mediaUpTo(last) : noMedia
}

/** Whether there are several, so that each is called by its number. */
export const isNumbered = ({ pictures, videos }: MediaCount): boolean => pictures + videos > 1
