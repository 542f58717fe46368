import { MAX_PARTS, MAX_TEXT } from '#contract'
import type {
  Attachment,
  ChosenFormat,
  ErrorInfo,
  MediaCount,
  PictureBudget,
  PictureMark,
  QuestionPart,
  SavedDraft,
  SavedMedium,
  ScreenPlace,
} from '#contract'
import { create } from 'zustand'
import { blocksOf, hasLeads, isWords, ofBlocks, withLeads } from './blocks.ts'
import { mediumName, numbersAfter } from '../../lib/conversation/numbers.ts'
import type { Rereading, VideoPart } from '../../lib/video/index.ts'
import { clipMedium, clipOfPictures, clipPart, clipTokens, clipWaits } from './video/clip.ts'
import type { Clip } from './video/clip.ts'

/** A picture or a video in the composer. `preview` is an address the window can show at once, while the file still travels. */
export interface Picture {
  readonly key: string
  readonly name: string
  readonly preview: string
  /** null: still being stored. */
  readonly attachment: Attachment | null
  /** Tokens the model will see of it; null until counted. */
  readonly tokens: number | null
  /** Detail of this picture alone; null: as in the settings. */
  readonly budget: PictureBudget | null
  /** What was drawn on it, in shares of its sides. */
  readonly marks: readonly PictureMark[]
  /** Where it was captured, of a question that is edited. */
  readonly screen?: ScreenPlace
  /** It is a page that is drawn anew, larger or smaller; until then it is as it was. */
  readonly drawing?: boolean
  /** The words before it, where it stands among them; unset: it comes right after the picture before it. */
  readonly lead?: string
  /** What makes it a video; unset: a picture. */
  readonly clip?: Clip
}

/** A file that was not taken, and why. */
export interface Refusal {
  readonly key: string
  readonly name: string
  readonly message: string
  /** The cover picture of a sound recording, which can be asked about instead. */
  readonly cover?: File
  /** What is written on a page that could not be drawn, which can be asked about instead. */
  readonly text?: string
}

/** Tokens of the conversation so far, of the model's context, and of this question's parts together. */
export interface TokenTotals {
  readonly conversation: number
  readonly question: number
  readonly context: number
}

/** The question being composed in one conversation. `text`: its words after the last picture or video. */
export interface Draft {
  readonly text: string
  readonly pictures: readonly Picture[]
  /** What the answer is held to; null: nothing. */
  readonly format: ChosenFormat | null
  readonly refusals: readonly Refusal[]
  readonly totals: TokenTotals | null
  readonly preparing: boolean
  readonly sending: boolean
  /** The frames of a video that are read again before the question can be sent; null: none are. */
  readonly reading: Rereading | null
  readonly error: ErrorInfo | null
}

export const emptyDraft: Draft = {
  text: '',
  pictures: [],
  format: null,
  refusals: [],
  totals: null,
  preparing: false,
  sending: false,
  reading: null,
  error: null,
}

/** The most pictures and videos of one question: one of its parts is the text. */
export const MAX_PICTURES = MAX_PARTS - 1

/** The draft with a picture that is about to be stored. */
export const addPicture = (draft: Draft, picture: Picture): Draft => ({
  ...draft,
  pictures: [...draft.pictures, picture],
  error: null,
})

/** The draft with a picture's stored file; unchanged when it was removed meanwhile. */
export function storedPicture(draft: Draft, key: string, attachment: Attachment): Draft {
  if (!draft.pictures.some((picture) => picture.key === key)) return draft
  return {
    ...draft,
    pictures: draft.pictures.map((picture) => (picture.key === key ? { ...picture, attachment } : picture)),
  }
}

/** The draft with a page that is about to be drawn anew, or is as it was. */
export const setDrawing = (draft: Draft, key: string, drawing: boolean): Draft => ({
  ...draft,
  pictures: draft.pictures.map((picture) => (picture.key === key ? { ...picture, drawing } : picture)),
})

/** The draft with what was drawn of a page, found at `preview`; unchanged when it was removed meanwhile. */
export const drawnPage = (draft: Draft, key: string, attachment: Attachment, preview: string): Draft => ({
  ...draft,
  totals: null,
  pictures: draft.pictures.map((picture) =>
    picture.key === key ? { ...picture, attachment, preview, tokens: null, drawing: false } : picture,
  ),
})

/** The draft with another state of a video; unchanged when it was removed. */
export function setClip(draft: Draft, key: string, change: (clip: Clip) => Clip): Draft {
  const pictures = draft.pictures.map((picture) => {
    const clip = picture.clip && picture.key === key ? change(picture.clip) : picture.clip
    return clip === undefined || clip === picture.clip
      ? picture
      : { ...picture, clip, tokens: clipTokens(clip) ?? picture.tokens }
  })
  return pictures.every((picture, i) => picture === draft.pictures[i]) ? draft : { ...draft, pictures }
}

/** The draft in which the pictures, which are stored, are the frames of one video; `key` is its own. */
export function asVideo(draft: Draft, key: string, name: string): Draft {
  const frames = draft.pictures.filter(({ clip }) => !clip)
  const [first] = frames
  if (!first || frames.length < 2) return draft
  const video: Picture = {
    key,
    name,
    preview: first.preview,
    attachment: null,
    tokens: null,
    budget: null,
    marks: [],
    clip: clipOfPictures(frames),
  }
  return {
    ...draft,
    totals: null,
    pictures: draft.pictures.flatMap((picture) => (picture === first ? video : picture.clip ? picture : [])),
  }
}

/** The draft in which the frames of a video are pictures again. */
export function asPictures(draft: Draft, key: string): Draft {
  const pictures = draft.pictures.flatMap((picture): readonly Picture[] => {
    const frames = picture.key === key ? picture.clip?.pictures : null
    if (!frames) return [picture]
    const stills = frames.map((frame) => ({ ...frame, tokens: null, budget: null, marks: [] }))
    // the words before it stand before the first
    return stills.map((still, i) => (i === 0 && picture.lead !== undefined ? { ...still, lead: picture.lead } : still))
  })
  return { ...draft, totals: null, pictures }
}

/** The draft without a picture; the words before it stay, its counts no longer hold. */
export const removePicture = (draft: Draft, key: string): Draft =>
  draft.pictures.some((picture) => picture.key === key)
    ? ofBlocks<Picture, Draft>(
        { ...draft, totals: null },
        blocksOf<Picture>(draft).filter((block) => isWords(block) || block.key !== key),
      )
    : draft

/** The draft with another detail for a picture; its count no longer holds. */
export function setPictureDetail(draft: Draft, key: string, budget: PictureBudget | null): Draft {
  return {
    ...draft,
    totals: null,
    pictures: draft.pictures.map((picture) => (picture.key === key ? { ...picture, budget, tokens: null } : picture)),
  }
}

/** The draft with other marks on a picture; its count no longer holds. */
export function setPictureMarks(draft: Draft, key: string, marks: readonly PictureMark[]): Draft {
  return {
    ...draft,
    totals: null,
    pictures: draft.pictures.map((picture) => (picture.key === key ? { ...picture, marks, tokens: null } : picture)),
  }
}

/** The draft with a picture moved to position `to` (0 is first), kept within the ends. */
export function movePicture(draft: Draft, key: string, to: number): Draft {
  const from = draft.pictures.findIndex((picture) => picture.key === key)
  const target = Math.min(draft.pictures.length - 1, Math.max(0, to))
  if (from < 0 || from === target) return draft
  const pictures = draft.pictures.filter((picture) => picture.key !== key)
  const moved = draft.pictures[from]
  // the words between them stay where they are
  return moved ? { ...draft, pictures: withLeads(pictures.toSpliced(target, 0, moved), draft.pictures) } : draft
}

/** The draft with a file that was refused. */
export const refuse = (draft: Draft, refusal: Refusal): Draft => ({
  ...removePicture(draft, refusal.key),
  refusals: [...draft.refusals, refusal],
})

/** The draft without a refusal the user has read. */
export const dismiss = (draft: Draft, key: string): Draft => ({
  ...draft,
  refusals: draft.refusals.filter((refusal) => refusal.key !== key),
})

/** A stored picture with its detail and its marks; null: it is not stored yet. */
const imageOf = ({ attachment, budget, marks, screen }: Picture): Extract<QuestionPart, { type: 'image' }> | null =>
  attachment && {
    type: 'image',
    sha: attachment.sha,
    name: attachment.name,
    ...(budget && { budget }),
    ...(marks.length > 0 && { marks: [...marks] }),
    ...(screen && { screen }),
  }

/** What is sent of a picture or a video; null: it is not ready. */
const partOf = (picture: Picture): QuestionPart | null =>
  picture.clip ? clipPart(picture.clip, picture.name) : imageOf(picture)

/** The draft as it outlives the window: what is stored of it. */
export function toSaved(
  draft: Draft,
  compareWith: SavedDraft['compareWith'],
  manner: Pick<SavedDraft, 'thinking' | 'job' | 'preset'> = {},
): SavedDraft {
  let ending = ''
  const media = draft.pictures.flatMap((picture): SavedMedium | readonly SavedMedium[] => {
    const medium = picture.clip ? clipMedium(picture.clip, picture) : imageOf(picture)
    const lead = ending + (picture.lead ?? '')
    // what is not stored yet leaves its words to what comes after it
    ending = medium ? '' : lead
    return medium ? { ...medium, ...(lead !== '' && { lead }) } : []
  })
  return { text: ending + draft.text, media, format: draft.format, compareWith, ...manner }
}

/** Whether a draft holds nothing that would be missed. */
export const isEmpty = ({ text, pictures, format, refusals }: Draft): boolean =>
  text === '' && pictures.length === 0 && format === null && refusals.length === 0

/** What was written since `sent`, behind its words; those before a medium that was taken out meanwhile may have joined others. */
function wordsSince(draft: Draft, sent: Draft): string {
  const [now, then] = [draft, sent].map((one) =>
    hasLeads(one) || hasLeads(sent)
      ? blocksOf<Picture>(one)
          .filter(isWords)
          .map((words) => words.trim())
          .filter((words) => words !== '')
          .join(' ')
      : one.text,
  ) as [string, string]
  return now.startsWith(then) ? now.slice(then.length).trimStart() : draft.text
}

/** The draft without what was sent with `sent`: what came to it or was changed in it since stays. */
export function withoutSent(draft: Draft, sent: Draft): Draft {
  const keys = new Set(sent.pictures.map(({ key }) => key))
  return {
    ...emptyDraft,
    text: wordsSince(draft, sent),
    format: draft.format === sent.format ? null : draft.format,
    pictures: withLeads(
      draft.pictures.filter(({ key }) => !keys.has(key)),
      [],
    ),
    refusals: draft.refusals.filter((refusal) => !sent.refusals.includes(refusal)),
  }
}

/** Two drafts that meet in one place: what `first` holds comes before what `second` does. */
export const joinDrafts = (first: Draft, second: Draft): Draft => ({
  ...second,
  text: [first.text, second.text].filter(Boolean).join('\n'),
  pictures: [...first.pictures, ...second.pictures],
  format: second.format ?? first.format,
  refusals: [...first.refusals, ...second.refusals],
})

/** The videos whose frames a draft is about to be asked with, as parts of a question that is stored. */
export const videosOf = ({ pictures }: Draft): readonly VideoPart[] =>
  pictures.flatMap(({ attachment, clip }) =>
    attachment?.kind === 'video' && clip?.frames && clip.plan
      ? [{ type: 'video', attachment, key: clip.frames.key, sample: clip.plan.sample }]
      : [],
  )

/** What is sent: words, and what is ready of the pictures and videos, in their order. */
export function toParts(draft: Draft): QuestionPart[] {
  const composed = blocksOf<Picture>(draft).flatMap((block) => (isWords(block) ? block : (partOf(block) ?? [])))
  const first = composed.findIndex((part) => typeof part !== 'string' || part.trim() !== '')
  const last = composed.findLastIndex((part) => typeof part !== 'string' || part.trim() !== '')
  return composed.flatMap((part, at): QuestionPart | readonly QuestionPart[] => {
    if (typeof part !== 'string') return part
    const begun = at === first || !hasLeads(draft) ? part.trimStart() : part
    const text = at === last ? begun.trimEnd() : begun
    return text.trim() === '' ? [] : { type: 'text', text }
  })
}

/** What a picture or video has to be waited for before it can be sent, in words; null: nothing. */
function waitOf({ attachment, clip, drawing }: Picture): string | null {
  if (clip) return clipWaits(clip, attachment !== null)
  return attachment ? (drawing ? 'Drawing the page…' : null) : 'Storing…'
}

/** What Send waits for, in words; null: nothing. Where it comes by itself, they end in an ellipsis. */
export const waitsFor = ({ pictures }: Draft): string | null =>
  pictures.map(waitOf).find((waits) => waits !== null) ?? null

/** The pictures and videos of a draft as they are numbered where they come after `before`. */
export const numbersIn = ({ pictures }: Draft, before: MediaCount): readonly number[] =>
  numbersAfter(
    before,
    pictures.map(({ clip }) => (clip ? 'video' : 'picture')),
  ).filter((number) => number !== null)

/** What the picture or video is called that Send waits for; null: it waits for none. */
export function waitedFor(draft: Draft, before: MediaCount): string | null {
  const index = draft.pictures.findIndex((picture) => waitOf(picture) !== null)
  const picture = draft.pictures[index]
  if (!picture) return null
  const isAlone = draft.pictures.length + before.pictures + before.videos === 1
  const kind = picture.clip ? 'video' : 'picture'
  return isAlone ? `the ${kind}` : mediumName(kind, numbersIn(draft, before)[index]!)
}

/** Why a draft is too much to be sent and to be kept, in words; null: it is not. */
export function excessOf({ text, pictures }: Draft): string | null {
  const leads = pictures.flatMap(({ lead = '' }) => (lead.trim() === '' ? [] : lead))
  const until = 'Until then it cannot be sent, and is lost when the window closes.'
  if (pictures.length > MAX_PICTURES)
    return `A question takes at most ${MAX_PICTURES} pictures and videos; this one has ${pictures.length}. Take some out. ${until}`
  if (pictures.length + leads.length > MAX_PICTURES)
    return `A question takes at most ${MAX_PARTS} pictures, videos and pieces of text; this one has more. Take some out. ${until}`
  if ([...leads, text].some(({ length }) => length > MAX_TEXT))
    return `A question takes at most ${MAX_TEXT / 1e6} million characters; this one is longer. Shorten it. ${until}`
  return null
}

/** Whether there is a question, and not too much of it. */
const isQuestion = (draft: Draft): boolean =>
  !draft.sending && (draft.text.trim() !== '' || draft.pictures.length > 0) && excessOf(draft) === null

/** True when Send does something: there is a question, not too much of it, and every picture and video is ready. */
export const canSend = (draft: Draft): boolean => isQuestion(draft) && waitsFor(draft) === null

/** True when it can be sent as soon as what it waits for has come, which it does by itself. */
export const canSendLater = (draft: Draft): boolean =>
  isQuestion(draft) && draft.pictures.map(waitOf).every((waits) => waits === null || waits.endsWith('…'))

/** The draft with the token counts of `parts`, as `toParts` gave them. */
export function counted(
  draft: Draft,
  answer: { parts: readonly number[]; conversation: number; context: number },
): Draft {
  const ofMedia = toParts(draft).flatMap(({ type }, at) => (type === 'text' ? [] : [answer.parts[at] ?? null]))
  const pictures = draft.pictures.map((picture) => {
    const tokens = partOf(picture) ? (ofMedia.shift() ?? null) : picture.clip ? clipTokens(picture.clip) : null
    return tokens === picture.tokens ? picture : { ...picture, tokens }
  })
  const question = answer.parts.reduce((sum, tokens) => sum + tokens, 0)
  return { ...draft, pictures, totals: { conversation: answer.conversation, question, context: answer.context } }
}

interface Drafts {
  /** The drafts of all conversations, by conversation id; `new` is the question that will start one. */
  readonly drafts: Readonly<Record<string, Draft>>
  /** The question that is being edited in a conversation, by conversation id: its message. */
  readonly editing: Readonly<Record<string, string>>
}

export const useDrafts = create<Drafts>(() => ({ drafts: {}, editing: {} }))

const NEW = 'new'
/** A question that is edited is composed apart from the conversation's own draft, which is there again afterwards. */
const EDITED = '#edited'

/** Key of a conversation's own draft, whatever is being edited in it. */
export const ownKey = (conversationId: string | null): string => conversationId ?? NEW

const keyIn = ({ editing }: Drafts, conversationId: string | null): string =>
  conversationId !== null && editing[conversationId] !== undefined ? conversationId + EDITED : ownKey(conversationId)

/** Key of what is composed in a conversation: its draft, or the question that is being edited. */
export const draftKey = (conversationId: string | null): string => keyIn(useDrafts.getState(), conversationId)

/** The conversation that a draft belongs to; null: the one that it will start. */
export const conversationOf = (key: string): string | null =>
  key === NEW ? null : key.endsWith(EDITED) ? key.slice(0, -EDITED.length) : key

/** The question that is being edited in a conversation; null: none is. */
export const editedIn = (conversationId: string | null): string | null =>
  conversationId === null ? null : (useDrafts.getState().editing[conversationId] ?? null)

/** As `editedIn`, as it changes. */
export const useEdited = (conversationId: string | null): string | null =>
  useDrafts(({ editing }) => (conversationId === null ? null : (editing[conversationId] ?? null)))

/** Which question is being edited in a conversation from now on; null: none. */
export function setEdited(conversationId: string, messageId: string | null): void {
  const { [conversationId]: _, ...others } = useDrafts.getState().editing
  useDrafts.setState({ editing: messageId === null ? others : { ...others, [conversationId]: messageId } })
}

/** The draft as it is now. */
export const draftOf = (key: string): Draft => useDrafts.getState().drafts[key] ?? emptyDraft

/** Changes a draft; nothing happens when `change` returns the same reference. */
export function updateDraft(key: string, change: (draft: Draft) => Draft): void {
  const draft = draftOf(key)
  const next = change(draft)
  if (next !== draft) useDrafts.setState((state) => ({ drafts: { ...state.drafts, [key]: next } }))
}

/**
 * Key of the draft that holds a picture or video, null: none does any more. What was added while a question was sent moves
 * to the conversation that the question started, so who works on it for a while asks for its place anew.
 */
export function holderOf(pictureKey: string): string | null {
  const isHeld = ({ pictures }: Draft): boolean => pictures.some(({ key }) => key === pictureKey)
  return Object.entries(useDrafts.getState().drafts).find(([, draft]) => isHeld(draft))?.[0] ?? null
}

/** Changes the draft that holds a picture or video; nothing happens when none does any more. */
export function updateHolder(pictureKey: string, change: (draft: Draft) => Draft): void {
  const key = holderOf(pictureKey)
  if (key !== null) updateDraft(key, change)
}

/** The draft of a conversation, as it changes. */
export const useDraft = (conversationId: string | null): Draft =>
  useDrafts((state) => state.drafts[keyIn(state, conversationId)] ?? emptyDraft)
