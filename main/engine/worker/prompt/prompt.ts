import { AppError, places, say } from '#contract'
import type { Seen, Size } from '#contract'
import { visionOf } from '../../../lib/families/families.ts'
import { tokenPixels } from '../../../lib/families/family.ts'
import type { AnswerRequest, ChatPart, ModelFamily } from '../../types.ts'
import { roundHalfToEven } from '../../../lib/picture/smartResize.ts'
import { marksText } from '../families/families.ts'
import { unusedCharacter } from '../language/tokenizer.ts'
import type { Tokenizer } from '../language/tokenizer.ts'
import { measureMedia, sliceOf } from '../vision/media.ts'
import type { Media } from '../vision/media.ts'
import { gridTokens } from '../../../lib/families/grid.ts'
import { positionSpan } from './positions.ts'
import type { Unit } from './positions.ts'
import { beginWith } from './begun.ts'
import { OPENS } from '../thoughts.ts'
import type { ThoughtStart } from '../thoughts.ts'
import { NONE_BEFORE, PADS, endsInThought, renderRaw } from './template.ts'
import type { ChatTemplate, MediaPart } from './template.ts'

/** A picture or video of a prompt; `keys`: its names in `Prompt.media`, one, or one for each slice that stands by itself. */
export type SeenPart = Seen['media'][number] & { readonly keys: readonly string[] }

/** A request as the model sees it. */
export interface Prompt {
  readonly units: readonly Unit[]
  /** Token ids with pad ids in place of media, as the reference's processor returns them. */
  readonly ids: readonly number[]
  readonly media: ReadonlyMap<string, Media>
  /** Its pictures and videos in order, as they are resized and where they stand. */
  readonly seen: readonly SeenPart[]
  /** The tokens of an answer that is gone on with, at its end; none: it is a new one. */
  readonly begun: readonly number[]
  /** Those of its text alone. */
  readonly begunText: readonly number[]
  /** How its answer begins, or goes on. */
  readonly thought: ThoughtStart
  /** Whether its answer begins with a thought that no tag opens or closes. */
  readonly isUntagged: boolean
  /** Whether a thought is expected before the answer, so that room is kept for it. */
  readonly thinks: boolean
  /** How many units are settled while the question is still being written: all up to the last medium. */
  readonly settled: number
  readonly tokens: number
  readonly mediaTokens: number
  readonly pictureTokens: number
  readonly videoTokens: number
  /** What stays when all earlier messages are left out: the last message and the system prompt, with what the template adds. */
  readonly latestTokens: number
  /** Tokens of each part of the last message. */
  readonly lastMessage: readonly number[]
}

export interface PromptRules {
  readonly template: ChatTemplate
  /** The family as whose models see. */
  readonly family: ModelFamily
  /** Ends the work between two media. */
  readonly signal?: AbortSignal | undefined
}

/** What a system prompt takes beside its text, at most, in tokens. */
const SYSTEM_TOKENS = 8

/** Renders, measures and tokenizes a request. @throws AppError as `measureMedia` does; InvalidInput from the chat template; the signal's reason. */
export async function buildPrompt(request: AnswerRequest, tokenizer: Tokenizer, rules: PromptRules): Promise<Prompt> {
  const vision = visionOf(rules.family)
  const token = tokenPixels(vision)
  /** A medium's size in pixels after its resize. */
  const sizeOf = ({ grid }: Media) => ({ width: grid.columns * token, height: grid.rows * token })
  const shown = request.messages.flatMap(({ content }) => content.filter((part) => part.type !== 'text'))
  const measures = new Map<MediaPart, Media>()
  for (const part of shown) {
    rules.signal?.throwIfAborted()
    measures.set(part, await measureMedia(part, request.budget, vision))
  }
  const last = shown.findLast((part) => part.type === 'image')
  const messages = last ? withSize(request.messages, sizeOf(measures.get(last)!)) : withoutSized(request.messages)
  const mark = unusedCharacter(
    messages.flatMap(({ content, reasoning = '' }) => [reasoning, ...content.flatMap(textsOf)]),
  )
  const plain = (text: string, except?: readonly string[]) => tokenizer.specials.marked(text, mark, except)
  const after = (part: MediaPart) =>
    part.type === 'image' && part.marks
      ? marksText(part.marks, sizeOf(measures.get(part)!), rules.family, plain, request.space)
      : ''
  const { thinking, numbersFrom = NONE_BEFORE } = request
  const visionId = request.visionId ?? shown.length + numbersFrom.pictures + numbersFrom.videos > 1
  const templated = request.isRaw
    ? renderRaw(messages, after)
    : rules.template.render(messages, { visionId, numbersFrom, thinking, plain, after })
  const opening = openingOf(request, rules.template, templated)
  const written = templated + opening
  const timed = vision.videoForm === 'timed' ? shown.filter((part) => part.type === 'video') : []
  const rendered =
    timed.length === 0
      ? written
      : withTimes(
          written,
          timed.map((part) => measures.get(part)!),
        )
  /** What stands at each pad: a medium, or a slice of one that stands in slices. */
  const standing = shown.flatMap((part): { part: MediaPart; media: Media }[] => {
    const measured = measures.get(part)!
    if (!timed.includes(part as (typeof timed)[number])) return [{ part, media: measured }]
    return Array.from({ length: measured.grid.times }, (_, t) => ({ part, media: sliceOf(measured, t) }))
  })
  const tokensOf = async (text: string) => {
    const pieces = tokenizer.specials.pieces(text, mark)
    return (
      await Promise.all(pieces.map((piece) => ('text' in piece ? tokenizer.encode(piece.text) : [piece.id])))
    ).flat()
  }
  const units: Unit[] = []
  const ids: number[] = []
  const media = new Map<string, Media>()
  const seen: SeenPart[] = []
  const stands = new Map(shown.map((part) => [part, { keys: [] as string[], starts: [] as number[] }]))
  let position = 0
  const mediaOfPart = new Map<object, number>()
  const mediaTokens = { image: 0, video: 0 }
  let shownSoFar = 0
  for (const piece of tokenizer.specials.pieces(rendered, mark)) {
    const isPad = 'id' in piece && (piece.name === PADS.image || piece.name === PADS.video)
    if (!isPad) {
      for (const id of 'id' in piece ? [piece.id] : await tokenizer.encode(piece.text)) {
        units.push({ token: id })
        ids.push(id)
        position++
      }
      continue
    }
    const place = standing[shownSoFar++]
    if (place === undefined || PADS[place.part.type] !== piece.name) throw misplaced(request)
    const { key, grid } = place.media
    const tokens = gridTokens(grid)
    const unit: Unit = { media: key, grid }
    const { keys, starts } = stands.get(place.part)!
    media.set(key, place.media)
    keys.push(key)
    starts.push(position)
    position += positionSpan(unit)
    units.push(unit)
    for (let i = 0; i < tokens; i++) ids.push(piece.id)
  }
  if (shownSoFar !== standing.length) throw misplaced(request)
  for (const part of shown) {
    const measured = measures.get(part)!
    const tokens = gridTokens(measured.grid)
    seen.push({
      ...sizeOf(measured),
      frames: part.type === 'video' ? part.frames.length : 1,
      tokens,
      ...stands.get(part)!,
      ...(part.type === 'video' && !timed.includes(part) && { timeStep: measured.grid.timeStep }),
    })
    const around = timed.includes(part as (typeof timed)[number]) ? await stampTokens(measured, tokenizer) : 0
    mediaOfPart.set(part, tokens + around + (await tokensOf(after(part))).length)
    mediaTokens[part.type] += tokens
  }
  const countOf = async (part: ChatPart) =>
    part.type === 'text' ? (await tokenizer.encode(part.text)).length : (mediaOfPart.get(part) ?? 0)
  const lastMessage = await Promise.all((messages.at(-1)?.content ?? []).map(countOf))
  const system = messages[0]?.role === 'system' && messages.length > 1 ? messages[0].content : []
  const systemTokens = await Promise.all(system.filter((part) => part.type === 'text').map(countOf))
  const templateTokens = request.isRaw ? 0 : (await tokensOf(rules.template.bare)).length + SYSTEM_TOKENS
  const latestTokens = [...lastMessage, ...systemTokens].reduce((sum, count) => sum + count, templateTokens)
  const isBare = thoughtOf(request, written) === 'inside' && !endsInThought(written)
  const begun = request.begun ? await beginWith(request.begun, written, tokenizer, isBare) : null
  for (const id of begun?.ids ?? []) {
    units.push({ token: id })
    ids.push(id)
  }
  const thought = begun?.thought ?? thoughtOf(request, written)
  const isUntagged = thought === 'inside' && isBare
  const settled = units.findLastIndex((unit) => 'media' in unit) + 1
  const { image: pictureTokens, video: videoTokens } = mediaTokens
  return {
    units,
    ids,
    media,
    seen,
    begun: begun?.ids ?? [],
    begunText: begun?.textIds ?? [],
    thought,
    isUntagged,
    thinks: begun ? thought === 'inside' : isUntagged || isThinking(request, rules.template, written),
    settled,
    tokens: ids.length,
    mediaTokens: pictureTokens + videoTokens,
    pictureTokens,
    videoTokens,
    latestTokens,
    lastMessage,
  }
}

/** The messages with a picture's size in pixels in the texts that ask for it. */
function withSize(messages: AnswerRequest['messages'], { width, height }: Size): AnswerRequest['messages'] {
  const filled = (part: ChatPart): ChatPart =>
    part.type === 'text' && part.isSized
      ? { ...part, text: part.text.replaceAll(places.width, String(width)).replaceAll(places.height, String(height)) }
      : part
  return messages.map((message) => ({ ...message, content: message.content.map(filled) }))
}

/** The messages without what a system prompt says of a picture's size, as no picture is there. */
const withoutSized = (messages: AnswerRequest['messages']): AnswerRequest['messages'] =>
  messages
    .map((message) =>
      message.role === 'system'
        ? { ...message, content: message.content.filter((part) => part.type !== 'text' || !part.isSized) }
        : message,
    )
    .filter(({ role, content }) => role !== 'system' || content.length > 0)

/**
 * What is written after a template that leaves it to the model to open its thought, where the answer is held to a form: the
 * form holds from the first word on that is not of a thought, and would never let one begin.
 */
function openingOf({ format, thinking, ignoreEos }: AnswerRequest, template: ChatTemplate, written: string): string {
  const opens = format && thinking === 'on' && template.thinking === 'switch' && !ignoreEos && !endsInThought(written)
  return opens ? `${OPENS}\n` : ''
}

/** Models without a switch may open a thought too, but seldom do: nothing is kept free for that. */
function isThinking({ isRaw, thinking }: AnswerRequest, template: ChatTemplate, written: string): boolean {
  return !isRaw && (endsInThought(written) || (template.thinking === 'switch' && thinking !== 'off'))
}

/** What is only compared is not taken apart, and raw text has no thoughts of its own. */
function thoughtOf({ isRaw, ignoreEos, format, thoughtUntil }: AnswerRequest, written: string): ThoughtStart {
  if (isRaw || ignoreEos) return 'none'
  if (endsInThought(written)) return 'inside'
  if (thoughtUntil !== undefined && !format) return 'inside'
  return format ? 'none' : 'possible'
}

/**
 * The prompt with each slice of its videos between marks of its own, introduced by its time, where the template wrote one
 * mark for all (`Qwen3VLProcessor` of transformers 4.57; 5.12 keeps a pair of marks around them, which models were not
 * trained with).
 */
function withTimes(prompt: string, videos: readonly Media[]): string {
  let video = 0
  return prompt.replaceAll(`<|vision_start|>${PADS.video}<|vision_end|>`, (whole) => {
    const media = videos[video++]
    if (!media) return whole
    const slices = Array.from({ length: media.grid.times }, (_, t) => stampOf(media, t) + whole)
    return slices.join('')
  })
}

/** Tokens of the times of a video's slices, and of the marks beyond the pair that the template writes. */
async function stampTokens(media: Media, tokenizer: Tokenizer): Promise<number> {
  const marks = 2 * (media.grid.times - 1)
  const stamps = Array.from({ length: media.grid.times }, (_, t) => tokenizer.encode(stampOf(media, t)))
  return (await Promise.all(stamps)).reduce((sum, { length }) => sum + length, marks)
}

const stampOf = (media: Media, t: number): string => `<${tenths(media.seconds(t))} seconds>`

/** Seconds with one decimal as Python writes them: exact halves go to the even digit. */
export function tenths(seconds: number): string {
  // of all numbers only quarters lie exactly between two tenths
  const isHalf = Math.abs((seconds * 4) % 2) === 1
  return isHalf ? (roundHalfToEven(seconds * 10) / 10).toFixed(1) : seconds.toFixed(1)
}

/** What somebody wrote into a part: the places where a special token may only be text. */
const textsOf = (part: ChatPart): readonly string[] =>
  part.type === 'text' ? [part.text] : part.type === 'image' && part.marks ? part.marks.map(({ label }) => label) : []

function misplaced({ isRaw }: AnswerRequest): AppError {
  const message = isRaw
    ? `The prompt holds ${PADS.image} or ${PADS.video}, which stand for a picture or a video. Leave them out: each picture and video writes its own.`
    : "The model's chat template does not write each picture and video once. Choose another conversion of the model."
  return new AppError('InvalidInput', message)
}

/** What helps with the least loss: a larger context, fewer earlier messages, smaller pictures, less text. */
type Remedy = 'context' | 'turns' | 'detail' | 'text'

/** A larger context is offered with room for an answer, in steps of this many tokens. */
const STEP = 256
/** Tokens that a picture needs at least. */
const LEAST_PICTURE = 4

const tokens = (count: number): string => count.toLocaleString('en')

/**
 * The error of a prompt that does not fit into `context` tokens. Its detail holds the figures, all in tokens, and the
 * remedy that its message names; `limit`: what the context may be raised to.
 */
export function contextFull(prompt: Prompt, context: number, limit = context): AppError {
  const { tokens: needed, pictureTokens: pictures, videoTokens: video } = prompt
  const text = needed - pictures - video
  const enough = Math.min(Math.ceil((needed + STEP) / STEP) * STEP, limit)
  const remedy = remedyOf(prompt, text, context, limit)
  const advice: Record<Remedy, string> = {
    context: `Raise the context to ${tokens(enough)} tokens; the model takes up to ${tokens(limit)}.`,
    turns: 'Leave out its oldest messages, or start a new conversation.',
    detail: `Lower the detail of its ${video > pictures ? 'video' : 'pictures'}, or leave some out.`,
    text: 'Shorten the text, or ask about a part of it.',
  }
  const parts = [
    ['text', text],
    ['pictures', pictures],
    ['video', video],
  ] as const
  const split = parts.filter(([, count]) => count > 0).map(([name, count]) => `${name} ${tokens(count)}`)
  return new AppError(
    'ContextFull',
    say`This conversation needs ${tokens(needed)} tokens (${split.join(', ')}); the context holds ${tokens(context)}. ${advice[remedy]}`,
    { needed, context, text, pictures, video, limit, remedy },
  )
}

function remedyOf(prompt: Prompt, text: number, context: number, limit: number): Remedy {
  if (prompt.tokens < limit && limit > context) return 'context'
  if (prompt.latestTokens < Math.min(prompt.tokens, context)) return 'turns'
  return prompt.media.size > 0 && text + prompt.media.size * LEAST_PICTURE < context ? 'detail' : 'text'
}
