import { AppError, say } from '#contract'
import type { MediaCount, Thinking, ThinkingForm } from '#contract'
import type { ChatMessage, ChatPart } from '../../types.ts'
import { CLOSES, OPENS } from '../thoughts.ts'
import { parseTemplate, renderTemplate, TemplateLimit, TemplateRefusal } from './jinja.ts'
import type { Template } from './jinja.ts'

export type MediaPart = Exclude<ChatPart, { type: 'text' }>

export interface RenderOptions {
  /** `Picture 1: ` and `Video 1: ` before each. */
  readonly visionId: boolean
  /** What the numbers go on from; unset: they begin with 1. */
  readonly numbersFrom?: MediaCount
  /** Whether the model may think first; unset: what the template does by itself. Without a switch it changes nothing. */
  readonly thinking?: Thinking | undefined
  /** A text that is not the template's own, made such that nothing in it is taken for a control token; `except` some. */
  readonly plain: (text: string, except?: readonly string[]) => string
  /** What is told of a medium right after it, ready to be written; unset: nothing. */
  readonly after?: (media: MediaPart) => string
}

/** The token that stands for a medium in rendered text, where the reference writes it. */
export const PADS: Readonly<Record<MediaPart['type'], string>> = { image: '<|image_pad|>', video: '<|video_pad|>' }
/** A conversation that is told from its beginning. */
export const NONE_BEFORE: MediaCount = { pictures: 0, videos: 0 }
const LABELS: Readonly<Record<MediaPart['type'], string>> = { image: 'Picture', video: 'Video' }

/**
 * ChatML with pictures, for a model that brings no template of its own: as the family's templates write a conversation,
 * those of Qwen2-VL and Qwen2.5-VL with a default system prompt.
 */
const DEFAULT_SYSTEM = `{%- if loop.first and message.role != 'system' %}{{ '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}{% endif -%}
`
const chatml = (hasSystem: boolean): string => `{%- for message in messages -%}
${hasSystem ? DEFAULT_SYSTEM : ''}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif -%}`

/** How contents reach a template: as one text, or as a list of parts for these media. */
interface Forms {
  readonly text: boolean
  readonly image: boolean
  readonly video: boolean
}

interface TemplateContent {
  readonly role: string
  readonly content: string | readonly Readonly<Record<string, string>>[]
  readonly reasoning_content?: string
}

const PROBE = 'probe'
/** What encloses a model's thoughts. A template that leaves them out of earlier answers looks for these. */
const THOUGHTS: readonly string[] = [OPENS, CLOSES]
const ENDS_INSIDE = new RegExp(`${OPENS}\\s*$`)

/** Whether a text that a template wrote ends within a thought that it opened. */
export const endsInThought = (written: string): boolean => ENDS_INSIDE.test(written)

/** A model's chat template: what turns a conversation into the text that the model was taught to answer. */
export class ChatTemplate {
  /** Why the model's own template is not used, to complete a sentence; null when it is, or when the model brings none. */
  readonly problem: string | null
  /** What it writes for an empty question. */
  readonly bare: string
  /** What it does about thoughts, as its own renderings show. */
  readonly thinking: ThinkingForm
  private readonly template: Template
  private readonly forms: Forms
  /** Whether it looks for the thoughts in an answer. */
  private readonly readsThoughts: boolean
  /** Whether it asks for the thought of an answer apart from its text. */
  private readonly takesReasoning: boolean
  /** Whether it numbers pictures and videos itself when asked to. */
  private readonly numbers: boolean

  private constructor(source: string, template: Template, forms: Forms, problem: string | null) {
    this.template = template
    this.forms = forms
    this.numbers = source.includes('add_vision_id')
    this.readsThoughts = THOUGHTS.every((tag) => source.includes(tag))
    this.takesReasoning = source.includes('reasoning_content')
    this.problem = problem
    const empty: TemplateContent = { role: 'user', content: forms.text ? '' : [] }
    const [on, off] = (['on', 'off'] as const).map((thinking) => write(template, [empty], { thinking }))
    this.thinking = on !== off ? 'switch' : endsInThought(on!) ? 'always' : 'none'
    this.bare = this.write([empty], {})
  }

  /**
   * Reads the template that a model's file brings. One that brings none, or one that cannot be used, is written to in
   * ChatML, the form that all Qwen models know, with a default system prompt where `hasSystem`; `problem` says so then.
   */
  static read(source: string | null, hasSystem = true): ChatTemplate {
    const own = chatml(hasSystem)
    const instead = (problem: string | null) =>
      new ChatTemplate(own, parseTemplate(own), { text: true, image: false, video: false }, problem)
    if (source === null || source.trim() === '') return instead(null)
    try {
      const template = parseTemplate(source)
      const forms = formsOf(template)
      if (!forms.text && !forms.image) return instead('it leaves out what the user writes')
      return new ChatTemplate(source, template, forms, null)
    } catch (error) {
      return instead(reasonOf(error))
    }
  }

  /**
   * The conversation as the model wants it, ready for the answer, with a pad token for each medium in the order of the
   * parts. @throws AppError InvalidInput when the template refuses the conversation or fails on it.
   */
  render(messages: readonly ChatMessage[], options: RenderOptions): string {
    const { visionId, numbersFrom = NONE_BEFORE, thinking, plain, after = () => '' } = options
    const counts = { image: numbersFrom.pictures, video: numbersFrom.videos }
    // a template counts from 1 only
    const itNumbers = this.numbers && counts.image + counts.video === 0
    const labelOf = ({ type }: MediaPart) => (visionId ? `${LABELS[type]} ${++counts[type]}: ` : '')
    const asText = (part: ChatPart, kept: readonly string[]) =>
      part.type === 'text'
        ? plain(part.text, kept)
        : `${labelOf(part)}<|vision_start|>${PADS[part.type]}<|vision_end|>${after(part)}`
    const textPart = (text: string) => (text === '' ? [] : [{ type: 'text', text }])
    const asParts = (part: ChatPart, kept: readonly string[]) => {
      if (part.type === 'text') return textPart(plain(part.text, kept))
      const label = itNumbers ? '' : labelOf(part)
      return [...textPart(label), { type: part.type, [part.type]: '' }, ...textPart(after(part))]
    }
    const contents = messages.map(({ role, content, reasoning }): TemplateContent => {
      const takesParts = content.every((part) => part.type === 'text' || this.forms[part.type])
      const hasMedia = content.some((part) => part.type !== 'text')
      const isList = takesParts && (hasMedia || !this.forms.text)
      const apart = this.takesReasoning && reasoning !== undefined
      // a text whose thought is apart holds none: a tag in it is a word of the answer
      const kept = role === 'assistant' && this.readsThoughts && !apart ? THOUGHTS : []
      const written = isList
        ? content.flatMap((part) => asParts(part, kept))
        : content.map((part) => asText(part, kept)).join('')
      return { role, content: written, ...(apart && { reasoning_content: plain(reasoning) }) }
    })
    try {
      return this.write(contents, { visionId: visionId && itNumbers, thinking })
    } catch (error) {
      throw new AppError(
        'InvalidInput',
        say`The model's chat template does not take this conversation: ${reasonOf(error)}. Start a new chat, or choose another conversion of the model.`,
      )
    }
  }

  private write(messages: readonly TemplateContent[], { visionId, thinking }: Switches): string {
    return write(this.template, messages, { visionId, ...(this.thinking === 'switch' && { thinking }) })
  }
}

/** A conversation for a model that was not taught to chat: it goes on from the text as it is. */
export function renderRaw(messages: readonly ChatMessage[], after: (media: MediaPart) => string = () => ''): string {
  const written = (part: ChatPart) =>
    part.type === 'text' ? part.text : `<|vision_start|>${PADS[part.type]}<|vision_end|>${after(part)}`
  return messages.flatMap(({ content }) => content.map(written)).join('')
}

type Switches = Partial<Pick<RenderOptions, 'visionId' | 'thinking'>>

function write(
  template: Template,
  messages: readonly TemplateContent[],
  { visionId = false, thinking }: Switches = {},
): string {
  const characters = messages.reduce((sum, message) => sum + JSON.stringify(message).length, 0)
  const values = {
    messages,
    add_generation_prompt: true,
    add_vision_id: visionId,
    bos_token: '',
    eos_token: '<|im_end|>',
    ...(thinking && { enable_thinking: thinking === 'on' }),
  }
  return renderTemplate(template, values, characters)
}

/** Tries what a template takes. @throws Error when it fails on everything. */
function formsOf(template: Template): Forms {
  let failure: unknown = null
  const shows = (content: TemplateContent['content'], ...texts: string[]): boolean => {
    try {
      const written = write(template, [{ role: 'user', content }])
      return texts.every((text) => written.split(text).length === 2)
    } catch (error) {
      if (error instanceof TemplateLimit) throw error
      failure = error
      return false
    }
  }
  const shown = (type: MediaPart['type']) =>
    shows(
      [
        { type, [type]: '' },
        { type: 'text', text: PROBE },
      ],
      PADS[type],
      PROBE,
    )
  const forms = { text: shows(PROBE, PROBE), image: shown('image'), video: shown('video') }
  if (!forms.text && !forms.image && failure !== null) throw failure
  return forms
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const reason = text.replace(/\s+/g, ' ').slice(0, 200).replace(/\.$/, '')
  return error instanceof TemplateRefusal ? `it says "${reason}"` : reason
}
