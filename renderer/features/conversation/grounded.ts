import type { CoordinateSpace, ImageAttachment, Message, ModelFamily, ScreenPlace, Seen, Size } from '#contract'
import { noMedia, numbersAfter } from '../../lib/conversation/numbers.ts'
import type { MediumBefore } from '../../lib/conversation/state.ts'
import { actionMarks, findMarks, isInTokens, readActions, spaceOf, toOriginal } from '../../lib/grounding/index.ts'
import type { ActionAnswer, Mark, Views } from '../../lib/grounding/index.ts'
import { seenPart, videoId } from './video/seenVideo.ts'

/** A picture or a video that the model had before an answer, with the size in which it got it. */
export type SeenMedium = SeenThing & {
  readonly model: Size
  /** By which the model knows it among the pictures, or among the videos. */
  readonly number: number
  /** Whether it came with the question itself. */
  readonly isOfQuestion: boolean
}
/** Where a picture stands: its message, and its place in that. */
export interface PlaceOfPart {
  readonly messageId: string
  readonly part: number
}
type SeenThing =
  /** `screen`: where it was captured, if it was. */
  | {
      readonly kind: 'picture'
      readonly attachment: ImageAttachment
      readonly screen: ScreenPlace | undefined
      readonly place: PlaceOfPart
    }
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
  readonly screen: ScreenPlace | undefined
  readonly place: PlaceOfPart
  /** Among the pictures of the conversation. */
  readonly number: number
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
  readonly space: CoordinateSpace
  /** What a screen model would do; null for answers that are not read so, and where nothing of it is found. */
  readonly steps: Steps | null
  readonly pictures: readonly MarkedPicture[]
  readonly videos: readonly MarkedVideo[]
}

/** An answer of a screen model. `numbers[i]`: the number of the mark at which its action i is done; null: it has no place. */
export interface Steps extends ActionAnswer {
  readonly numbers: readonly (number | null)[]
}

/** Of the pictures and videos before an answer those that the model got, in its order; none while that is not known. */
export function mediaSeen(before: readonly MediumBefore[], { seen, leftOut, parentId }: Message): SeenMedium[] {
  if (!seen) return []
  // what an imported answer shows no model gets
  const asked = before.filter(({ role }) => role === 'user')
  const kinds = asked.map(({ part }) => (part.type === 'image' ? ('picture' as const) : ('video' as const)))
  const numbers = numbersAfter(noMedia, kinds)
  const got = asked.map((medium, i) => ({ ...medium, number: numbers[i]! })).filter(({ at }) => at >= leftOut)
  // another number of them: the conversation is not what the model had
  if (got.length !== seen.media.length) return []
  return got.map((medium, i) => ({
    ...thingOf(medium, seen),
    number: medium.number,
    isOfQuestion: medium.messageId === parentId,
    model: seen.media[i]!,
  }))
}

/** Families that are told when each frame is shown after the file's start, so that they tell that time too. */
const TOLD_TIMES: readonly ModelFamily[] = ['qwen3vl', 'qwen35']

function thingOf({ messageId, place, part }: MediumBefore, { family }: Seen): SeenThing {
  if (part.type === 'image') {
    const { attachment, screen } = part
    return { kind: 'picture', attachment, screen, place: { messageId, part: place } }
  }
  const { width, height } = part.type === 'video' ? part.attachment : (part.pictures[0] ?? { width: 1, height: 1 })
  const fileStart = part.type === 'video' ? part.attachment.startMs : 0
  const startMs = TOLD_TIMES.includes(family) ? fileStart : seenPart(part).startMs
  return { kind: 'video', id: videoId(messageId, place), size: { width, height }, startMs }
}

/**
 * What an answer points at. A mark lies on the picture that its line names ("Picture 2: ..."), one with a time on the
 * last video; else on the last of the question, else on the last before it.
 */
export function groundAnswer(text: string, answer: Message, media: readonly SeenMedium[]): Grounding {
  const { family = 'qwen2vl', profile } = answer.seen ?? {}
  const steps = profile?.parser === 'action' ? stepsOf(text, answer.status === 'streaming') : null
  const marks = steps?.marks ?? findMarks(text, family, profile).marks
  const space = spaceOf(family, profile)
  const named = (number: number | null): number =>
    media.findIndex((medium) => medium.kind === 'picture' && medium.number === number)
  const lastVideo = media.findLastIndex(({ kind }) => kind === 'video')
  const usual = media.some(({ isOfQuestion }) => isOfQuestion)
    ? media.findLastIndex(({ isOfQuestion }) => isOfQuestion)
    : media.length - 1
  const placed = marks.map((mark, number) => ({
    mark,
    number,
    on: mark.time !== null && lastVideo >= 0 ? lastVideo : orElse(named(namedPicture(text, mark)), usual),
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
    steps,
    pictures: media.flatMap((medium, index) => {
      if (medium.kind !== 'picture') return []
      const { attachment, screen, place, number } = medium
      const own = markedOn(index, { width: attachment.width, height: attachment.height }, medium.model)
      return own ? [{ attachment, screen, place, number, ...own }] : []
    }),
    videos: media.flatMap((medium, index) => {
      if (medium.kind !== 'video') return []
      const own = markedOn(index, medium.size, medium.model)
      return own ? [{ id: medium.id, startMs: medium.startMs, ...own }] : []
    }),
  }
}

/** The parts of a screen model's answer and the marks of its actions; null while there is nothing of either. */
function stepsOf(text: string, streaming: boolean): (Steps & { marks: Mark[] }) | null {
  const answer = readActions(text, streaming)
  if (answer.actions.length === 0 && answer.thought === null && !streaming) return null
  const { marks, of } = actionMarks(answer.actions)
  const numberOf = (action: number) => of.indexOf(action)
  return { ...answer, marks, numbers: answer.actions.map((_, i) => (numberOf(i) < 0 ? null : numberOf(i))) }
}

/** Whether a mark has a link in the answer's running words; those of JSON and HTML have none. */
export const isInText = (text: string, mark: Mark): boolean => isInTokens(text, mark)

const orElse = (index: number, other: number): number => (index < 0 ? other : index)

/** The number of the picture that the line of a mark names before it. */
function namedPicture(text: string, { start }: Mark): number | null {
  const line = text.slice(text.lastIndexOf('\n', start - 1) + 1, start)
  const number = Number([...line.matchAll(/(?:picture|image|图片?|图像)\s?(\d{1,3})/gi)].at(-1)?.[1])
  return number >= 1 ? number : null
}
