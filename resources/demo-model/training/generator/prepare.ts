import { PIXELS_PER_TOKEN } from '#contract'
import { ChatTemplate, PADS } from '../../../../main/engine/worker/prompt/template.ts'
import type { MediaPart } from '../../../../main/engine/worker/prompt/template.ts'
import { resizeBicubic, smartResize } from '../../../../main/lib/picture/index.ts'
import type { RgbPicture } from '../../../../main/lib/picture/index.ts'
import { colourNames } from './colours.ts'
import type { Conversation, Media, Message } from './conversation.ts'
import { drawScene } from './draw.ts'
import type { Mark } from './draw.ts'

/** A piece of a conversation as the model is fed: text (to be learnt or not; an answer may be about a mark), or the number of its media. */
export type Piece =
  | readonly ['text' | 'answer', string]
  | readonly ['answer', string, number]
  | readonly ['media', number]
/** What is where in a frame: kind, colour, then left, top, right, bottom as shares of the sides. */
export type FrameLabels = {
  readonly background: number
  readonly marks: readonly (readonly [number, number, number, number, number, number])[]
}

/** Media as the tower is fed, with what the frames show. */
export interface PreparedMedia {
  readonly type: Media['type']
  readonly width: number
  readonly height: number
  readonly frames: readonly RgbPicture[]
  readonly labels: readonly FrameLabels[]
}

const MIN_TOKENS = 4

/** How the demo model's file says that a conversation is written (`chat_template` of export.py): ChatML without a system prompt. */
export const demoTemplate = ChatTemplate.read(
  "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% if message['content'] is string %}{{ message['content'] }}{% else %}" +
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>" +
    "{% elif part['type'] == 'video' %}<|vision_start|><|video_pad|><|vision_end|>{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}" +
    '<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}',
)

/** The pixels that the engine feeds for a drawing of this budget: drawn at its own size, then resized as the engine does. */
export function prepareMedia({ type, frames }: Media, maxTokens: number): PreparedMedia {
  const drawings = frames.map((scene) => drawScene(scene))
  const { width, height } = smartResize(frames[0]!, {
    minPixels: MIN_TOKENS * PIXELS_PER_TOKEN,
    maxPixels: maxTokens * PIXELS_PER_TOKEN,
  })
  return {
    type,
    width,
    height,
    frames: drawings.map(({ canvas }) => resizeBicubic(canvas, { width, height })),
    labels: drawings.map(({ canvas, marks }, i) => ({
      background: frames[i]!.odd ? -1 : colourNames.indexOf(frames[i]!.background),
      marks: marks.map((mark) => labelOf(mark, canvas)),
    })),
  }
}

function labelOf(
  { kind, colour, box }: Mark,
  { width, height }: { width: number; height: number },
): FrameLabels['marks'][number] {
  const share = (value: number, side: number) => Math.round((value / side) * 1e4) / 1e4
  return [
    kind,
    colourNames.indexOf(colour),
    share(box.left, width),
    share(box.top, height),
    share(box.right, width),
    share(box.bottom, height),
  ]
}

const standIn: Readonly<Record<MediaPart['type'], MediaPart>> = {
  image: { type: 'image', source: { path: '' } },
  video: { type: 'video', frames: [] },
}
const PAD = new RegExp(
  Object.values(PADS)
    .map((pad) => pad.replaceAll('|', '\\|'))
    .join('|'),
)

/** The conversation as the engine's template writes it, up to the end of its last answer. */
export function renderPieces({ messages, media, visionId }: Conversation): Piece[] {
  const pieces: Piece[] = []
  const add = (text: string) => {
    const last = pieces.at(-1)
    if (last?.[0] === 'text') pieces[pieces.length - 1] = ['text', last[1] + text]
    else pieces.push(['text', text])
  }
  const parts = messages.map(({ role, content }) => ({
    role,
    content: content.map((part) => {
      if (typeof part === 'string') return { type: 'text', text: part } as const
      return media[part]!.type === 'image' ? standIn.image : standIn.video
    }),
  }))
  // the template ends with the beginning of an answer: each answer is rendered as what comes after the messages before it
  let written = ''
  parts.forEach((message, i) => {
    if (message.role !== 'assistant') return
    const before = messages.slice(0, i).flatMap(({ content }) => content.filter((part) => typeof part === 'number'))
    const rendered = demoTemplate.render(parts.slice(0, i), {
      visionId: visionId ?? media.length > 1,
      plain: (text) => text,
    })
    const pads = rendered.split(PAD)
    const flat = pads.map((text, n) => (n === 0 ? text : `\0${before[n - 1]!}\0${text}`)).join('')
    if (!flat.startsWith(written)) throw new Error('The template changed what was written before')
    flat
      .slice(written.length)
      .split('\0')
      .forEach((text, k) => (k % 2 === 0 ? text && add(text) : pieces.push(['media', Number(text)])))
    const answer = message.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
    const { given } = messages[i]!
    if (given) add(given)
    pieces.push(...answerPieces(`${answer.slice(given?.length ?? 0)}<|im_end|>`, messages[i]!))
    written = `${flat}${answer}<|im_end|>`
  })
  return pieces
}

/** An answer with what its parts are about: a spelt text character by character. */
function answerPieces(answer: string, { about, spelt }: Pick<Message, 'about' | 'spelt'>): Piece[] {
  if (about !== undefined) return [['answer', answer, about]]
  const at = spelt ? answer.indexOf(spelt) : -1
  if (!spelt || at < 0) return [['answer', answer]]
  return [
    ['answer', answer.slice(0, at)],
    ...[...spelt].map((character, i) => ['answer', character, i] as const),
    ['answer', answer.slice(at + spelt.length)],
  ]
}

/** What comes after the last medium of `branch`, which begins as `main` does. */
export function tailOf(branch: readonly Piece[], main: readonly Piece[]): readonly Piece[] {
  const last = branch.findLastIndex(([kind]) => kind === 'media')
  if (JSON.stringify(branch.slice(0, last + 1)) !== JSON.stringify(main.slice(0, last + 1)))
    throw new Error('A branch begins otherwise than its conversation')
  return branch.slice(last + 1)
}

/** One example on the pipe. */
export interface Example {
  readonly ability: string
  readonly pieces: readonly Piece[]
  readonly media: readonly PreparedMedia[]
  /** Other ways to go on after the last medium. */
  readonly branches?: readonly (readonly Piece[])[]
}

/**
 * An example as bytes: the length of its header (32 bits, little-endian), the header (JSON: `ability`, `pieces`, `branches`, and per
 * medium its type, size and labels), then the frames of all media in order (RGB, 8 bits, rows from the top).
 */
export function frameExample({ ability, pieces, media, branches = [] }: Example): Buffer {
  const header = Buffer.from(
    JSON.stringify({
      ability,
      pieces,
      branches,
      media: media.map(({ frames, ...facts }) => ({ ...facts, frames: frames.length })),
    }),
  )
  const length = Buffer.alloc(4)
  length.writeUInt32LE(header.length)
  return Buffer.concat([length, header, ...media.flatMap(({ frames }) => frames.map((frame) => frame.data))])
}
