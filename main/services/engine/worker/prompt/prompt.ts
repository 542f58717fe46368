import type { Seen } from '#contract'
import type { AnswerRequest, ModelFamily } from '../../types.ts'
import type { Tokenizer } from '../language/tokenizer.ts'
import { measureMedia } from '../vision/media.ts'
import type { Media, MediaRules } from '../vision/media.ts'
import { TOKEN } from '../vision/patches.ts'
import { marksText } from './marks.ts'
import { gridTokens } from './positions.ts'
import type { Unit } from './positions.ts'
import { BREAK, quote, renderChat } from './template.ts'
import type { MediaPart, TemplateKind } from './template.ts'

/** A request as the model sees it. */
export interface Prompt {
  readonly units: readonly Unit[]
  /** Token ids with pad ids in place of media, as the reference's processor returns them. */
  readonly ids: readonly number[]
  readonly media: ReadonlyMap<string, Media>
  /** Its pictures and videos in order, as they are resized. */
  readonly seen: Seen['media']
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
  readonly template: TemplateKind
  /** How places on a picture are told. */
  readonly family: ModelFamily
  readonly media: MediaRules
}

/** What the chat template writes around a message and a system prompt of its own, at most, in tokens. */
const TEMPLATE_TOKENS = 32

/** Renders, measures and tokenizes a request. @throws AppError as `measureMedia` does. */
export async function buildPrompt(request: AnswerRequest, tokenizer: Tokenizer, rules: PromptRules): Promise<Prompt> {
  const shown = request.messages.flatMap(({ content }) => content.filter((part) => part.type !== 'text'))
  const measures = new Map<MediaPart, Media>()
  for (const part of shown) measures.set(part, await measureMedia(part, request.budget, rules.media))
  const after = (part: MediaPart) => (part.type === 'image' && part.marks ? marksText(part.marks, sizeOf(measures.get(part)!), rules.family) : '')
  const rendered = renderChat(request.messages, { visionId: request.visionId ?? shown.length > 1, template: rules.template, after })
  const pads = { image: await tokenizer.special('<|image_pad|>'), video: await tokenizer.special('<|video_pad|>') }
  const tokensOf = async (text: string) => (await Promise.all(text.split(BREAK).map((run) => tokenizer.encode(run)))).flat()
  const units: Unit[] = []
  const ids: number[] = []
  const media = new Map<string, Media>()
  const seen: Seen['media'] = []
  const mediaOfPart = new Map<object, number>()
  const mediaTokens = { image: 0, video: 0 }
  for (const piece of rendered) {
    if ('text' in piece) {
      for (const token of await tokensOf(piece.text)) {
        units.push({ token })
        ids.push(token)
      }
      continue
    }
    const measured = measures.get(piece.media)!
    const tokens = gridTokens(measured.grid)
    media.set(measured.key, measured)
    seen.push({ ...sizeOf(measured), frames: piece.media.type === 'video' ? piece.media.frames.length : 1, tokens })
    mediaOfPart.set(piece.media, tokens + (await tokensOf(quote(after(piece.media)))).length)
    units.push({ media: measured.key, grid: measured.grid })
    for (let i = 0; i < tokens; i++) ids.push(pads[piece.media.type])
    mediaTokens[piece.media.type] += tokens
  }
  const last = request.messages.at(-1)?.content ?? []
  const lastMessage = await Promise.all(last.map(async (part) => (part.type === 'text' ? (await tokensOf(quote(part.text))).length : (mediaOfPart.get(part) ?? 0))))
  const system = request.messages[0]?.role === 'system' && request.messages.length > 1 ? request.messages[0].content : []
  const systemTokens = await Promise.all(system.map(async (part) => (part.type === 'text' ? (await tokensOf(quote(part.text))).length : 0)))
  const latestTokens = [...lastMessage, ...systemTokens].reduce((sum, count) => sum + count, TEMPLATE_TOKENS)
  const settled = units.findLastIndex((unit) => 'media' in unit) + 1
  const { image: pictureTokens, video: videoTokens } = mediaTokens
  return { units, ids, media, seen, settled, tokens: ids.length, mediaTokens: pictureTokens + videoTokens, pictureTokens, videoTokens, latestTokens, lastMessage }
}

/** A medium's size in pixels after its resize. */
const sizeOf = ({ grid }: Media) => ({ width: grid.columns * TOKEN, height: grid.rows * TOKEN })
