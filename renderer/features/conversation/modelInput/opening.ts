import { create } from 'zustand'

/** A picture or video of a question whose input is looked at; `answerId`: by the model of that answer. */
export interface InputRequest {
  readonly messageId: string
  /** Its place in the question. */
  readonly part: number
  readonly answerId?: string | undefined
}

/** What is looked at; null: nothing. */
export const useInputRequest = create<{ readonly request: InputRequest | null }>(() => ({ request: null }))

/** Shows what the model got of a picture or video. */
export const showInput = (request: InputRequest): void => useInputRequest.setState({ request })
/** Closes that. */
export const closeInput = (): void => useInputRequest.setState({ request: null })
