import { useEffect, useState } from 'react'
import type { ConversationEvent, Message, Progress } from '#contract'
import { follow } from '../../lib/follow.ts'
import { connection } from '../../lib/rpc.ts'

/** One answer as it is written; `message` null until the core has told of it. */
export interface Answering {
  readonly seq: number
  readonly message: Message | null
  readonly text: string
  readonly progress: Progress | undefined
}

export const noAnswer: Answering = { seq: 0, message: null, text: '', progress: undefined }

const textOf = (message: Message | null): string =>
  message?.parts.map((part) => (part.type === 'text' ? part.text : '')).join('') ?? ''

/** The answer after an event of its conversation; 'gap' when one in between is missing. */
export function applyToAnswer(state: Answering, id: string, event: ConversationEvent): Answering | 'gap' {
  if (event.type === 'snapshot') {
    const message = event.messages.find((one) => one.id === id) ?? null
    return { seq: event.seq, message, text: textOf(message), progress: event.progress[id] }
  }
  if (event.seq <= state.seq) return state
  if (event.seq !== state.seq + 1) return 'gap'
  const next = { ...state, seq: event.seq }
  if (event.type === 'message')
    return event.message.id === id
      ? { ...next, message: event.message, text: textOf(event.message), progress: undefined }
      : next
  if (event.type === 'branch') {
    const message = [...event.messages, ...event.others].find((one) => one.id === id)
    // without it: only a snapshot tells whether the answer is still on the path
    return message ? { ...next, message, text: textOf(message), progress: event.progress[id] } : 'gap'
  }
  if (event.type === 'removed' || event.type === 'conversation' || event.messageId !== id) return next
  if (event.type === 'progress') return { ...next, progress: event.progress }
  if (event.offset > state.text.length) return 'gap'
  return { ...next, text: state.text + event.text.slice(state.text.length - event.offset), progress: undefined }
}

/** An answer of a conversation as it is written, whichever conversation is open. */
export function useAnswer(asked: { conversationId: string; answerId: string } | null): Answering {
  const [state, setState] = useState(noAnswer)
  const { conversationId, answerId } = asked ?? {}
  useEffect(() => {
    if (conversationId === undefined || answerId === undefined) return
    const stop = new AbortController()
    let now = noAnswer
    void follow<ConversationEvent>({
      connection,
      signal: stop.signal,
      subscribe: (core, round) => core.conversations.watch({ id: conversationId }, { signal: round }),
      onEvent: (event) => {
        const next = applyToAnswer(now, answerId, event)
        if (next === 'gap') return 'again'
        now = next
        setState(next)
      },
    })
    return () => {
      stop.abort()
      setState(noAnswer)
    }
  }, [conversationId, answerId])
  return state
}
