import type { ChatMessage, ChatPart } from '../../types.ts'

export type MediaPart = Exclude<ChatPart, { type: 'text' }>
/** A rendered conversation: text with special tokens, and media where the reference writes its pad tokens. */
export type Rendered = readonly ({ readonly text: string } | { readonly media: MediaPart; readonly message: number; readonly part: number })[]

export interface TemplateOptions {
  /** `Picture 1: ` and `Video 1: ` before each. */
  readonly visionId: boolean
  readonly template: TemplateKind
  /** What is told of a medium right after it; unset: nothing. */
  readonly after?: (media: MediaPart) => string
}

/**
 * How a model wants a conversation written. `chat`: as Qwen2-VL's template, which writes the default system prompt when
 * there is none; `chatPlain`: the same without that; `none`: a base model, which goes on from the text as it is.
 */
export type TemplateKind = 'chat' | 'chatPlain' | 'none'

const DEFAULT_SYSTEM = 'You are a helpful assistant.'

/** The kind for the chat template that a model file brings; null: it brings none. */
export function templateKind(template: string | null): TemplateKind {
  if (template === null) return 'none'
  return template.includes(DEFAULT_SYSTEM) ? 'chat' : 'chatPlain'
}

/** In rendered text: what stands before and after it is tokenized apart. */
export const BREAK = '\0'
// a user may write about these tokens, only the template may use them: broken in two they are plain text
const PADS = /<\|(image_pad|video_pad)\|>/g
/** A user's text as it is rendered. */
export const quote = (text: string): string => text.replaceAll(BREAK, '').normalize('NFC').replace(PADS, `<|${BREAK}$1|>`)

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
  const isChat = options.template !== 'none'
  if (options.template === 'chat' && messages[0]?.role !== 'system') write(`<|im_start|>system\n${DEFAULT_SYSTEM}<|im_end|>\n`)
  messages.forEach((message, m) => {
    if (isChat) write(`<|im_start|>${message.role}\n`)
    message.content.forEach((part, p) => {
      if (part.type === 'text') return write(quote(part.text))
      counts[part.type]++
      if (options.visionId) write(`${part.type === 'image' ? 'Picture' : 'Video'} ${counts[part.type]}: `)
      write('<|vision_start|>')
      out.push({ media: part, message: m, part: p })
      write('<|vision_end|>')
      if (options.after) write(quote(options.after(part)))
    })
    if (isChat) write('<|im_end|>\n')
  })
  if (isChat) write('<|im_start|>assistant\n')
  return out
}
