import type { Conversation, ConversationEvent, Message, Progress } from '#contract'
import { without } from '../../lib/without.ts'

/**
 * One watched conversation. `order` is the path from the root to the current leaf. `drafts` holds the text of messages
 * that are being streamed, apart from the messages, so that a token changes nothing but one string.
 */
export interface ReadState {
  readonly id: string | null
  readonly status: 'empty' | 'loading' | 'ready' | 'missing'
  readonly seq: number
  readonly conversation: Conversation | null
  readonly order: readonly string[]
  readonly messages: Readonly<Record<string, Message>>
  readonly progress: Readonly<Record<string, Progress>>
  readonly drafts: Readonly<Record<string, string>>
}

export const nothingOpen: ReadState = {
  id: null,
  status: 'empty',
  seq: 0,
  conversation: null,
  order: [],
  messages: {},
  progress: {},
  drafts: {},
}

/** The state before the snapshot of conversation `id` has come. */
export const opening = (id: string): ReadState => ({ ...nothingOpen, id, status: 'loading' })

/** The text parts of a message, joined. */
export const textOf = (message: Message): string => message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')

function fromSnapshot(event: Extract<ConversationEvent, { type: 'snapshot' }>): ReadState {
  return {
    id: event.conversation.id,
    status: 'ready',
    seq: event.seq,
    conversation: event.conversation,
    order: event.messages.map((message) => message.id),
    messages: Object.fromEntries(event.messages.map((message) => [message.id, message])),
    progress: event.progress,
    drafts: {},
  }
}

/** The path with `message` on it; null when its parent is not on the path that is shown. */
function place(order: readonly string[], message: Message): readonly string[] | null {
  if (order.includes(message.id)) return order
  if (message.parentId === null) return [message.id]
  const parent = order.indexOf(message.parentId)
  return parent < 0 ? null : [...order.slice(0, parent + 1), message.id]
}

/**
 * The conversation after one event. The same reference when the event is one already seen; 'gap' when an event in
 * between is missing, so that only a new snapshot can be trusted.
 */
export function applyEvent(state: ReadState, event: ConversationEvent): ReadState | 'gap' {
  if (event.type === 'snapshot') return fromSnapshot(event)
  if (event.seq <= state.seq) return state
  if (event.seq !== state.seq + 1) return 'gap'
  const { seq } = event
  switch (event.type) {
    case 'removed':
      return { ...nothingOpen, id: state.id, status: 'missing', seq }
    case 'progress':
      return { ...state, seq, progress: { ...state.progress, [event.messageId]: event.progress } }
    case 'message': {
      const { message } = event
      const order = place(state.order, message)
      if (!order) return 'gap'
      return {
        ...state,
        seq,
        order,
        messages: { ...state.messages, [message.id]: message },
        progress: message.status === 'streaming' ? state.progress : without(state.progress, message.id),
        drafts: without(state.drafts, message.id),
      }
    }
    case 'text': {
      const message = state.messages[event.messageId]
      if (!message) return 'gap'
      const known = state.drafts[event.messageId] ?? textOf(message)
      if (event.offset > known.length) return 'gap'
      const text = known + event.text.slice(known.length - event.offset)
      return {
        ...state,
        seq,
        drafts: text === known ? state.drafts : { ...state.drafts, [event.messageId]: text },
        progress: without(state.progress, event.messageId),
      }
    }
  }
}

/** The conversation after several events, or 'gap' at the first one that does not follow. */
export function applyEvents(state: ReadState, events: readonly ConversationEvent[]): ReadState | 'gap' {
  let next = state
  for (const event of events) {
    const applied = applyEvent(next, event)
    if (applied === 'gap') return 'gap'
    next = applied
  }
  return next
}

/** Id of the answer that is being written on the shown path, or null. */
export function streamingAnswer(state: ReadState): string | null {
  const last = state.order.at(-1)
  return last !== undefined && state.messages[last]?.status === 'streaming' && state.messages[last]?.role === 'assistant' ? last : null
}
