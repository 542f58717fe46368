import { createContext } from 'react'
import type { Message } from '#contract'

/** What a conversation has done in the composer, of which it knows nothing. */
export interface Composing {
  /** Opens a question to be edited, which is then sent as a version of it. */
  readonly edit: (question: Message) => void
  /** Puts words into the question that is being composed, as a quotation. */
  readonly quote: (text: string) => void
}

/** null: there is no composer, as for what is in the trash. */
export const ComposingContext = createContext<Composing | null>(null)
