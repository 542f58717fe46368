import type { ImageAttachment, Message, ModelFamily, Seen, Size } from '#contract'
import { pathBefore } from '../../lib/conversation/state.ts'
import type { OpenConversation } from '../../lib/conversation/state.ts'
import { findMarks, toOriginal } from '../../lib/grounding/index.ts'
import type { Mark, Space, Views } from '../../lib/grounding/index.ts'
import { seenPart, videoId } from './video/seenVideo.ts'

/** A picture or a video that the model had before an answer, with the size in which it got it. */
export type SeenMedium = SeenThing & {
  readonly model: Size
  /** Whether it came with the question itself. */
  readonly isOfQuestion: boolean
}
type SeenThing =
  | { readonly kind: 'picture'; readonly attachment: ImageAttachment }
  /** `startMs`: where the model's time 0 is, on the player's clock. */
  | { readonly kind: 'video'; readonly id: string; readonly size: Size; readonly startMs: number }

interface Marked {
  readonly views: Views
  /** In pixels of the original. `marks[i]` is the answer's mark number `numbers[i]`. */
  readonly marks: readonly Mark[]
  readonly numbers: readonly number[]
}

/** A picture and the marks of the answer that lie on it. */
export interface MarkedPicture extends Marked {
  readonly attachment: ImageAttachment
}

/** A video and the marks of the answer that lie on it. */
export interface MarkedVideo extends Marked {
  readonly id: string
  readonly startMs: number
}

/** Everything that an answer points at. */
export interface Grounding {
  /** As found in its text, in the model's own numbers. */
  readonly marks: readonly Mark[]
  readonly space: Space
  readonly pictures: readonly MarkedPicture[]
  readonly videos: readonly MarkedVideo[]
}

/** The pictures and videos before an answer, in the order in which the model got them; none while that is not known. */
export function mediaBefore(messages: OpenConversation['messages'], answer: Message): SeenMedium[] {
  const { seen, leftOut, parentId } = answer
  if (!seen || parentId === null) return []
  const shown = pathBefore(messages, answer)
    .slice(leftOut)
    .flatMap((message) => thingsOf(message, seen).map((thing) => ({ ...thing, isOfQuestion: message.id === parentId })))
  // another number of them: the conversation is not what the model had
  return shown.length === seen.media.length ? shown.map((thing, i) => ({ ...thing, model: seen.media[i]! })) : []
}

/** Families that are told when each frame is shown after the file's start, so that they tell that time too. */
const TOLD_TIMES: readonly ModelFamily[] = ['qwen3vl', 'qwen35']

function thingsOf(message: Message, { family }: Seen): SeenThing[] {
  const knowsTimes = TOLD_TIMES.includes(family)
  return message.parts.flatMap((part, place): SeenThing[] => {
    if (part.type === 'text' || part.type === 'reasoning') return []
    if (part.type === 'image') return [{ kind: 'picture', attachment: part.attachment }]
    const { width, height } = part.type === 'video' ? part.attachment : (part.pictures[0] ?? { width: 1, height: 1 })
    const fileStart = part.type === 'video' ? part.attachment.startMs : 0
    const startMs = knowsTimes ? fileStart : seenPart(part).startMs
    return [{ kind: 'video', id: videoId(message.id, place), size: { width, height }, startMs }]
  })
}

/**
 * What an answer points at. A mark lies on the picture that its line names ("Picture 2: ..."), one with a time on the
 * last video; else on the last of the question, else on the last before it.
 */
export function groundAnswer(text: string, answer: Message, media: readonly SeenMedium[]): Grounding {
  const { marks, space } = findMarks(text, answer.seen?.family ?? 'qwen2vl')
  const pictures = media.flatMap(({ kind }, index) => (kind === 'picture' ? [index] : []))
  const lastVideo = media.findLastIndex(({ kind }) => kind === 'video')
  const usual = media.some(({ isOfQuestion }) => isOfQuestion)
    ? media.findLastIndex(({ isOfQuestion }) => isOfQuestion)
    : media.length - 1
  const placed = marks.map((mark, number) => ({
    mark,
    number,
    on: mark.time !== null && lastVideo >= 0 ? lastVideo : (pictures[namedPicture(text, mark) ?? -1] ?? usual),
  }))
  const markedOn = (index: number, original: Size, model: Size): Marked | null => {
    const own = placed.filter(({ on }) => on === index)
    const views = { original, model }
    return own.length === 0
      ? null
      : {
          views,
          marks: own.map(({ mark }) => ({ ...mark, shape: toOriginal(mark.shape, space, views) })),
          numbers: own.map(({ number }) => number),
        }
  }
  return {
    marks,
    space,
    pictures: media.flatMap((medium, index) => {
      if (medium.kind !== 'picture') return []
      const { attachment } = medium
      const own = markedOn(index, { width: attachment.width, height: attachment.height }, medium.model)
      return own ? [{ attachment, ...own }] : []
    }),
    videos: media.flatMap((medium, index) => {
      if (medium.kind !== 'video') return []
      const own = markedOn(index, medium.size, medium.model)
      return own ? [{ id: medium.id, startMs: medium.startMs, ...own }] : []
    }),
  }
}

/** Whether a mark has a link in the answer's running words; those of JSON and HTML have none. */
export const isInText = (text: string, { start }: Mark): boolean => text.startsWith('<|box_start|>', start)

/** The picture that the line of a mark names before it; counted from 0. */
function namedPicture(text: string, { start }: Mark): number | null {
  const line = text.slice(text.lastIndexOf('\n', start - 1) + 1, start)
  const number = Number([...line.matchAll(/(?:picture|image|图片?|图像)\s?(\d{1,3})/gi)].at(-1)?.[1])
  return number >= 1 ? number - 1 : null
}
