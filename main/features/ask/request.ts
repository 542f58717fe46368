import { AppError } from '#contract'
import type {
  AppliedPreset,
  Attachment,
  ChosenFormat,
  ImageAttachment,
  MediaPart,
  Message,
  Part,
  Profile,
  ProfileJob,
  QuestionPart,
  SaidPart,
  Settings,
  Sha256,
  Thinking,
  VideoAttachment,
} from '#contract'
import { checkFormat } from '../../engine/index.ts'
import type { AnswerRequest, ChatMessage, ChatPart, StoredSource } from '../../engine/index.ts'
import { readSchema, writeJson } from '../../lib/jsonSchema.ts'
import { checkRatio } from '../../lib/picture/smartResize.ts'
import type { AttachmentGateway, FrameSets } from '../../services/media/index.ts'
import type { Chosen } from '../../services/models/index.ts'
import { asAsked, jobOf, profileText, systemOf, wantsWords, seenProfile } from './profile.ts'

/** Where pictures and the frames of videos are. */
export interface StoredMedia {
  readonly attachments: Pick<AttachmentGateway, 'get' | 'pathOf'>
  readonly frames: Pick<FrameSets, 'get' | 'paths'>
}

/**
 * A part of a question as it is stored; null for text without a character in it. Throws NotFound when the picture or video is not
 * stored, FramesMissing when the set of frames was never begun or is gone.
 */
export function toPart(part: QuestionPart, media: StoredMedia): SaidPart | null {
  if (part.type === 'text') return part.text === '' ? null : { type: 'text', text: part.text }
  const { attachments, frames } = media
  const budget = 'budget' in part && part.budget ? { budget: part.budget } : {}
  if (part.type === 'image') {
    const attachment = pictureOf(attachments.get(part.sha), part.name, part.sha)
    const marks = part.marks?.length ? { marks: part.marks } : {}
    const screen = part.screen ? { screen: part.screen } : {}
    const named = { ...attachment, name: part.name || attachment.name }
    return { type: 'image', attachment: named, ...budget, ...marks, ...screen }
  }
  if (part.type === 'frames') {
    const pictures = part.pictures.map((sha) => pictureOf(attachments.get(sha), part.name, sha))
    return { type: 'frames', name: part.name, pictures, fps: part.fps, ...budget }
  }
  const set = frames.get(part.key)
  if (!set) {
    const message = `The frames of ${part.name || 'the video'} are not stored here any more. Add the video again.`
    throw new AppError('FramesMissing', message, { key: part.key })
  }
  const attachment = videoOf(attachments.get(set.sha), part.name, set.sha)
  return {
    type: 'video',
    attachment: { ...attachment, name: part.name || attachment.name },
    key: part.key,
    sample: set.sample,
  }
}

/**
 * The parts of a question as they are stored. Throws EmptyQuestion without words, pictures and videos, or without the words or the
 * pictures of pages that its job wants, and as `toPart`.
 */
export function toQuestion(
  composed: readonly QuestionPart[],
  media: StoredMedia,
  job: ProfileJob | null = null,
): SaidPart[] {
  const hasWords = composed.some((part) => part.type === 'text' && part.text.trim() !== '')
  if (job && wantsWords(job) && !hasWords)
    throw new AppError('EmptyQuestion', `"${job.label}" wants words: type what it is to look for or to do.`)
  if (job?.pages === 'each' && !composed.some((part) => part.type === 'image'))
    throw new AppError('EmptyQuestion', `"${job.label}" reads pictures of pages: add some, or ask without this job.`)
  if (!composed.some((part) => part.type !== 'text' || part.text.trim() !== '')) {
    throw new AppError('EmptyQuestion', 'The question is empty. Type something or add a picture.')
  }
  return composed.map((part) => toPart(part, media)).filter((part) => part !== null)
}

function pictureOf(attachment: Attachment | null, name: string, sha: Sha256): ImageAttachment {
  if (!attachment)
    throw new AppError('NotFound', `${name || 'A picture'} is not stored here any more. Add it again.`, { sha })
  if (attachment.kind === 'image') return attachment
  throw new AppError('InvalidInput', `${attachment.name} is a video, not a picture. Add it as a video.`, { sha })
}

function videoOf(attachment: Attachment | null, name: string, sha: Sha256): VideoAttachment {
  if (attachment?.kind === 'video') return attachment
  throw new AppError('NotFound', `${name || 'A video'} is not stored here any more. Add it again.`, { sha })
}

/** A message as the engine needs it: who says what, what the answer to it is held to, the job that it asks for, and what came before. */
export type Turn = Pick<Message, 'role' | 'parts'> & Partial<Pick<Message, 'format' | 'job' | 'mediaBefore'>>

/** How models are asked in a conversation. */
export interface RequestManner {
  /** Whether models with a switch for it may think first; unset: not. */
  readonly thinking?: Thinking | undefined
  /** What a preset set; null or unset: nothing. */
  readonly preset?: AppliedPreset | null | undefined
}

/** The context of a model in tokens, which a preset may want larger. */
export const contextOf = ({ contextTokens }: Chosen, { preset }: RequestManner): number =>
  Math.max(contextTokens, preset?.contextTokens ?? 0)

/**
 * What the engine is asked: the turns after the system prompt. What a preset set for the conversation goes before what the user chose
 * for this model, that before its profile, that before the settings, and these before the model's defaults. `thinking`: off unless
 * the user switched it on, for every question: with pictures models were measured to see worse after a thought than without
 * one, and of texts one rule is enough.
 * @throws AppError InvalidInput for a format that the answer cannot
 * be held to, UnsupportedMedia, NotFound, FramesMissing.
 */
export function toRequest(
  turns: readonly Turn[],
  chosen: Chosen,
  settings: Settings,
  media: StoredMedia,
  thinking: Thinking = 'off',
  profile: Profile | null = null,
  preset: AppliedPreset | null | undefined = null,
): AnswerRequest {
  const { model, overrides, adapters, context } = chosen
  const { budget, maxTokens, sampling } = model.defaults
  const job = jobOf(profile, turns.at(-1)?.job?.id)
  const seen = seenProfile(profile, job)
  const chosenBudget = preset?.budget ?? overrides.budget
  const ownPrompt = preset?.systemPrompt ?? overrides.systemPrompt
  const ofProfile = ownPrompt === null ? systemOf(profile, job) : null
  const systemPrompt = ofProfile ?? ownPrompt ?? settings.systemPrompt
  const content = (part: SaidPart, turn: Turn): ChatPart =>
    part.type === 'text' ? part : (strip(part, turn !== turns.at(-1)) ?? toMedium(part, media))
  // the demo model was taught its own few forms and reads no schemas
  const withFormat = ({ parts, format }: Turn): readonly Part[] =>
    format && !model.isDemo ? withText(parts, formatText(format)) : parts
  const asked = (parts: readonly ChatPart[], turn: Turn) =>
    turn.role === 'user' ? asAsked(parts, profile, jobOf(profile, turn.job?.id), chosenBudget !== null) : parts
  const format = turns.at(-1)?.format
  const { stop, thinking: untagged } = profile ?? { stop: [], thinking: null }
  const system: ChatMessage[] = systemPrompt.trim()
    ? [
        {
          role: 'system',
          content: [ofProfile === null ? { type: 'text', text: systemPrompt } : profileText(systemPrompt)],
        },
      ]
    : []
  const conversation = turns
    .map(
      (turn): ChatMessage => ({
        role: turn.role,
        content: asked(
          withFormat(turn)
            .filter(isSaid)
            // pictures that another program's model made: no template has them in an answer
            .filter((part) => turn.role === 'user' || part.type === 'text')
            .map((part) => content(part, turn)),
          turn,
        ),
        ...reasoningOf(turn),
      }),
    )
    .filter((message) => message.content.length > 0)
  return {
    model: { textPath: model.textPath, projectorPath: model.projectorPath },
    messages: [...system, ...conversation],
    ...(turns[0]?.mediaBefore && { numbersFrom: turns[0].mediaBefore }),
    budget: chosenBudget ?? settings.budget ?? budget,
    contextTokens: contextOf(chosen, { preset }),
    thinking,
    ...(settings.thinkingBudget !== null && { thinkingBudget: settings.thinkingBudget }),
    maxTokens: preset?.maxTokens ?? overrides.maxTokens ?? profile?.maxTokens ?? settings.maxTokens ?? maxTokens,
    sampling: {
      ...(overrides.sampling ?? { ...(settings.sampling ?? sampling), ...definedOf(profile?.sampling) }),
      ...definedOf(preset?.sampling),
    },
    context,
    ...(overrides.rawPrompt && { isRaw: true }),
    ...(stop.length > 0 && { stop }),
    ...(untagged && { thoughtUntil: untagged.until }),
    ...(seen?.space && { space: seen.space }),
    ...(format && { format: { jsonSchema: schemaOf(format) } }),
    ...(adapters.length > 0 ? { lora: adapters } : {}),
  }
}

/** The values of a part of a sampling that are there. */
const definedOf = (sampling: Profile['sampling'] = {}): Partial<AnswerRequest['sampling']> =>
  Object.fromEntries(Object.entries(sampling).filter(([, value]) => value !== undefined))

/** What is sent of a message: everything but empty texts, and thoughts, which go apart from what was said. */
const isSaid = (part: Part): part is SaidPart => part.type !== 'reasoning' && (part.type !== 'text' || part.text !== '')

/** The thought before an answer, for templates that ask for it. */
function reasoningOf({ parts }: Turn): Pick<ChatMessage, 'reasoning'> {
  const thought = parts.find((part) => part.type === 'reasoning')
  return thought ? { reasoning: thought.text } : {}
}

/**
 * What stands for a picture that is too long and narrow for any model, stored before such were refused: in earlier turns words,
 * so that the conversation goes on without it; in the question itself it is refused by its name. null: its shape is right.
 * @throws AppError UnsupportedMedia.
 */
function strip(part: MediaPart, earlier: boolean): ChatPart | null {
  const picture = part.type === 'image' ? part.attachment : part.type === 'frames' ? part.pictures[0] : undefined
  if (!picture) return null
  const name = part.type === 'frames' ? part.name : picture.name
  try {
    checkRatio(picture, name)
    return null
  } catch (error) {
    if (!earlier) throw error
    return {
      type: 'text',
      text: `[The picture ${name} of ${picture.width} x ${picture.height} pixels is left out: it is too long and narrow to be seen.]`,
    }
  }
}

/** A picture or video as the engine takes it. Frames of a file have the model's size already, which `budget` may lower. */
function toMedium(part: MediaPart, { attachments, frames }: StoredMedia): ChatPart {
  const picture = ({ sha, name, width, height }: ImageAttachment): StoredSource => ({
    path: attachments.pathOf(sha),
    digest: sha,
    size: { width, height },
    name,
  })
  if (part.type === 'image')
    return { type: 'image', source: picture(part.attachment), ...part.budget, ...(part.marks && { marks: part.marks }) }
  if (part.type === 'frames')
    return { type: 'video', frames: part.pictures.map(picture), fps: part.fps, ...part.budget }
  const { key, attachment, sample, budget } = part
  const { width, height, fps, timesMs } = sample
  const pixels = Math.min(width * height, budget?.maxPixels ?? Infinity)
  const sources = frames
    .paths(key, attachment)
    .map((path, n): StoredSource => ({ path, digest: `${key}:${n}`, size: { width, height }, name: attachment.name }))
  // as the reference counts: from the first frame on, whatever the file's clock says then
  const seconds = timesMs.map((ms) => (ms - attachment.startMs) / 1000)
  return { type: 'video', frames: sources, fps, seconds, minPixels: pixels, maxPixels: pixels }
}

/** The parts with `text` on a line of its own behind their last words. */
function withText(parts: readonly Part[], text: string): readonly Part[] {
  const last = parts.at(-1)
  return last?.type === 'text' && last.text !== ''
    ? parts.with(-1, { type: 'text', text: `${last.text}\n${text}` })
    : [...parts, { type: 'text', text }]
}

/** The schema's text of a chosen format. @throws AppError InvalidInput with the place, when an answer cannot be held to it. */
function schemaOf({ schema: jsonSchema }: Pick<ChosenFormat, 'schema'>): string {
  readSchema(jsonSchema, 'The schema')
  checkFormat({ jsonSchema })
  return jsonSchema
}

/** Whether an answer can be held to a schema; `place`: where it is no JSON. */
export function checkSchema(schema: string): {
  problem: string | null
  place: { line: number; column: number } | null
} {
  try {
    schemaOf({ schema })
    return { problem: null, place: null }
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'InvalidInput') throw error
    const { line, column } = error.detail ?? {}
    return {
      problem: error.message,
      place: typeof line === 'number' && typeof column === 'number' ? { line, column } : null,
    }
  }
}

/** What a model is told, behind the question, of the format that its answer is held to: it writes better when it knows. */
const formatText = ({ schema }: ChosenFormat): string =>
  `Answer with JSON that follows this schema: ${writeJson(readSchema(schema, 'The schema'))}`
