import type { Asking, Language } from './language.ts'
import type { Scene } from './scene.ts'

/** What the model is taught and tested on. */
export const abilities = [
  'object',
  'pictures',
  'differs',
  'verdict',
  'followUp',
  'count',
  'relation',
  'text',
  'box',
  'motion',
  'change',
  'when',
  'odd',
  'unknown',
  'json',
  'chat',
] as const
export type Ability = (typeof abilities)[number]

/** A picture (one frame) or a video (several, two per second). */
export interface Media {
  readonly type: 'image' | 'video'
  readonly frames: readonly Scene[]
}

/** A message; numbers are places in the conversation's media. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: readonly (string | number)[]
  /** Of an answer: which mark of the first picture it is about, when one. */
  readonly about?: number
  /** Of an answer: a printed text in it, whose characters are the marks of the first picture in their order. */
  readonly spelt?: string
  /** Of an answer: how it begins, given and not learnt. */
  readonly given?: string
}

/** Questions and their right answers about drawings. The last message is an answer. */
export interface Conversation {
  readonly ability: Ability
  readonly language: Language
  readonly messages: readonly Message[]
  readonly media: readonly Media[]
  /** Other conversations that begin alike, up to the media, and go on with another question about them: only in training. */
  readonly branches: readonly (readonly Message[])[]
  /** Labels before media; unset: when there is more than one, as the app does. */
  readonly visionId?: boolean
  /** Tokens of 28 x 28 pixels that a picture or a pair of frames may have. */
  readonly maxTokens: number
}

/** Writes a conversation down as it grows. */
export class Writer {
  readonly messages: Message[]
  readonly media: Media[]

  constructor(messages: readonly Message[] = [], media: readonly Media[] = []) {
    this.messages = [...messages]
    this.media = [...media]
  }

  /** Adds media; the numbers are what a message refers to them by. */
  add(...media: readonly Media[]): number[] {
    return media.map((one) => this.media.push(one) - 1)
  }

  system(text: string): void {
    this.messages.push({ role: 'system', content: [text] })
  }

  /** A question (with media before it) and its answer. */
  exchange(
    {
      question,
      answer,
      ...particulars
    }: { readonly question: string; readonly answer: string } & Pick<Message, 'about' | 'spelt' | 'given'>,
    media: readonly number[] = [],
    mediaLast = false,
  ): void {
    const content = mediaLast ? [question, ...media] : [...media, question]
    this.messages.push(
      { role: 'user', content: content.filter((part) => part !== '') },
      { role: 'assistant', content: [answer], ...particulars },
    )
  }
}

/** What a conversation is made with. */
export interface Making extends Asking {
  readonly writer: Writer
}

/** A picture of a scene. */
export const image = (scene: Scene): Media => ({ type: 'image', frames: [scene] })
