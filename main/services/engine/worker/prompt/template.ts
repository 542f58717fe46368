import type { ChatMessage, ChatPart } from '../../types.ts'

export type MediaPart = Exclude<ChatPart, { type: 'text' }>
/** A rendered conversation: text with special tokens, and media where the reference writes its pad tokens. */
export type Rendered = readonly ({ readonly text: string } | { readonly media: MediaPart; readonly message: number; readonly part: number })[]

export interface TemplateOptions {
  /** `Picture 1: ` and `Video 1: ` before each. */
  readonly visionId: boolean
  /** Writes the reference's system prompt when the conversation brings none. */
  readonly defaultSystem: boolean
}

const DEFAULT_SYSTEM = 'You are a helpful assistant.'
/** What a chat template contains when it writes the default system prompt by itself. */
export const writesDefaultSystem = (template: string | null): boolean => template === null || template.includes(DEFAULT_SYSTEM)

/** In rendered text: what stands before and after it is tokenized apart. */
export const BREAK = '\0'
// a user may write about these tokens, only the template may use them: broken in two they are plain text
const PADS = /<\|(image_pad|video_pad)\|>/g
const quote = (text: string) => text.replaceAll(BREAK, '').normalize('NFC').replace(PADS, `<|${BREAK}$1|>`)

/**
 * Renders a conversation as Qwen2-VL's chat template does (`chat_template.json` of the reference), ready for the answer.
 * Text is NFC-normalised as the reference tokenizer does.
 */
export function renderChat(messages: readonly ChatMessage[], options: TemplateOptions): Rendered {
  const out: ({ text: string } | { media: MediaPart; message: number; part: number })[] = []
  const write = (text: string) => {
    const last = out.at(-1)
    if (last && 'text' in last) last.text += text
    else out.push({ text })
  }
  const counts = { image: 0, video: 0 }
  if (options.defaultSystem && messages[0]?.role !== 'system') write(`<|im_start|>system\n${DEFAULT_SYSTEM}<|im_end|>\n`)
  messages.forEach((message, m) => {
    write(`<|im_start|>${message.role}\n`)
    message.content.forEach((part, p) => {
      if (part.type === 'text') return write(quote(part.text))
      counts[part.type]++
      if (options.visionId) write(`${part.type === 'image' ? 'Picture' : 'Video'} ${counts[part.type]}: `)
      write('<|vision_start|>')
      out.push({ media: part, message: m, part: p })
      write('<|vision_end|>')
    })
    write('<|im_end|>\n')
  })
  write('<|im_start|>assistant\n')
  return out
}
