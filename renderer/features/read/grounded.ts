import type { Attachment, Message } from '#contract'
import { findMarks, toOriginal, type Mark, type Size, type Space, type Views } from '../../lib/grounding/index.ts'
import type { ReadState } from './state.ts'

/** A picture that the model had before an answer, with the size in which it got it. */
export interface SeenPicture {
  readonly attachment: Attachment
  readonly model: Size
  /** Whether it came with the question itself. */
  readonly isAsked: boolean
}

/** A picture and the marks of the answer that lie on it. `marks[i]` is the answer's mark number `numbers[i]`. */
export interface MarkedPicture {
  readonly attachment: Attachment
  readonly views: Views
  readonly marks: readonly Mark[]
  readonly numbers: readonly number[]
}

/** Everything that an answer points at. */
export interface Grounding {
  /** As found in its text, in the model's own numbers. */
  readonly marks: readonly Mark[]
  readonly space: Space
  readonly pictures: readonly MarkedPicture[]
}

/** The pictures before an answer, in the order in which the model got them; none while that is not known. */
export function picturesBefore({ order, messages }: Pick<ReadState, 'order' | 'messages'>, answer: Message): SeenPicture[] {
  const { seen, leftOut, parentId } = answer
  if (!seen || parentId === null) return []
  const path = order.slice(leftOut, order.indexOf(parentId) + 1)
  const shown = path.flatMap((id) => (messages[id]?.parts ?? []).flatMap((part) => (part.type === 'image' ? [{ attachment: part.attachment, isAsked: id === parentId }] : [])))
  // another number of them: the conversation is not what the model had
  return shown.length === seen.media.length ? shown.map((picture, i) => ({ ...picture, model: seen.media[i]! })) : []
}

/**
 * What an answer points at. A mark lies on the picture that its line names ("Picture 2: ..."), else on the last one of
 * the question, else on the last one before it.
 */
export function groundAnswer(text: string, answer: Message, pictures: readonly SeenPicture[]): Grounding {
  const { marks, space } = findMarks(text, answer.seen?.family ?? 'qwen2vl')
  const usual = pictures.some(({ isAsked }) => isAsked) ? pictures.findLastIndex(({ isAsked }) => isAsked) : pictures.length - 1
  const placed = marks.map((mark, number) => ({ mark, number, on: namedPicture(text, mark, pictures.length) ?? usual }))
  return {
    marks,
    space,
    pictures: pictures.flatMap(({ attachment, model }, index) => {
      const own = placed.filter(({ on }) => on === index)
      if (own.length === 0) return []
      const views = { original: { width: attachment.width, height: attachment.height }, model }
      return [{ attachment, views, marks: own.map(({ mark }) => ({ ...mark, shape: toOriginal(mark.shape, space, views) })), numbers: own.map(({ number }) => number) }]
    }),
  }
}

/** Whether a mark has a link in the answer's running words; those of JSON and HTML have none. */
export const isInWords = (text: string, { start }: Mark): boolean => text.startsWith('<|box_start|>', start)

/** The picture that the line of a mark names before it; counted from 0. */
function namedPicture(text: string, { start }: Mark, count: number): number | null {
  const line = text.slice(text.lastIndexOf('\n', start - 1) + 1, start)
  const number = Number([...line.matchAll(/(?:picture|image|图片?|图像)\s?(\d{1,3})/gi)].at(-1)?.[1])
  return number >= 1 && number <= count ? number - 1 : null
}
