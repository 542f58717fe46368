import type {
  Conversation,
  ConversationEvent,
  MediaPart,
  Message,
  PathMedium,
  Progress,
  ReasoningPart,
} from '#contract'

/**
 * One watched conversation. `order` is the path from the root to the current leaf. `others` has the other answer of
 * each pair, by the id of the one on the path. `messages` are those of both that are loaded: the newest, and what was asked
 * for since. `branched`: there are several versions of some message. `media`: the pictures and videos of the path as they were when they
 * were asked for, by their messages; null: they were not since the path became another one. `drafts` holds the text of messages that are being streamed, `thoughts` what
 * is thought before it, apart from the messages, so that a token changes nothing but one string.
 */
export interface OpenConversation {
  readonly id: string | null
  readonly status: 'empty' | 'loading' | 'ready' | 'missing'
  readonly seq: number
  readonly conversation: Conversation | null
  readonly order: readonly string[]
  readonly others: Readonly<Record<string, string>>
  readonly messages: Readonly<Record<string, Message>>
  readonly branched: boolean
  readonly media: ReadonlyMap<string, readonly PathMedium[]> | null
  readonly progress: Readonly<Record<string, Progress>>
  readonly drafts: Readonly<Record<string, string>>
  readonly thoughts: Readonly<Record<string, string>>
}

export const nothingOpen: OpenConversation = {
  id: null,
  status: 'empty',
  seq: 0,
  conversation: null,
  order: [],
  others: {},
  messages: {},
  branched: false,
  media: null,
  progress: {},
  drafts: {},
  thoughts: {},
}

/** The state before the snapshot of conversation `id` has come. */
export const opening = (id: string): OpenConversation => ({ ...nothingOpen, id, status: 'loading' })

type EventOf<Type extends ConversationEvent['type']> = Extract<ConversationEvent, { type: Type }>

/** The text parts of a message, joined. */
export const textOf = (message: Message): string =>
  message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')

/** What was thought before an answer; null: nothing. */
export const reasoningOf = (message: Message): ReasoningPart | null =>
  message.parts.find((part) => part.type === 'reasoning') ?? null

/** `record` without `key`; the same reference when it is not there. */
function without<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  if (!Object.hasOwn(record, key)) return record
  const { [key]: _removed, ...rest } = record
  return rest
}

const byId = (messages: readonly Message[]): Record<string, Message> =>
  Object.fromEntries(messages.map((message) => [message.id, message]))

function fromSnapshot({ seq, conversation, progress, ...shown }: EventOf<'snapshot'>): OpenConversation {
  return {
    id: conversation.id,
    status: 'ready',
    seq,
    conversation,
    order: shown.path,
    others: shown.pairs,
    messages: byId([...shown.messages, ...shown.others]),
    branched: shown.branched,
    media: null,
    progress,
    drafts: {},
    thoughts: {},
  }
}

/** The path up to `after` as it was, and below it the messages of the event; 'gap' when `after` is not shown. */
function onBranch(
  state: OpenConversation,
  { seq, after, path, pairs, branched, messages, others, progress }: EventOf<'branch'>,
): OpenConversation | 'gap' {
  const kept = after === null ? [] : state.order.slice(0, state.order.indexOf(after) + 1)
  if (after !== null && kept.length === 0) return 'gap'
  const keptOthers = keep(state.others, kept)
  const shown = [...kept, ...Object.values(keptOthers)]
  return {
    ...state,
    seq,
    order: [...kept, ...path],
    others: { ...keptOthers, ...pairs },
    branched,
    media: null,
    messages: { ...keep(state.messages, shown), ...byId([...messages, ...others]) },
    progress: { ...keep(state.progress, shown), ...progress },
    drafts: keep(state.drafts, shown),
    thoughts: keep(state.thoughts, shown),
  }
}

/** Of a record what stands under `ids`. */
function keep<T>(record: Readonly<Record<string, T>>, ids: readonly string[]): Record<string, T> {
  return Object.fromEntries(ids.flatMap((id) => (record[id] === undefined ? [] : [[id, record[id]]])))
}

/** The path with `message` on it or beside it; null when what it belongs to is not shown. */
function place(
  { order, others }: OpenConversation,
  message: Message,
): Pick<OpenConversation, 'order' | 'others'> | null {
  if (order.includes(message.id) || Object.values(others).includes(message.id)) return { order, others }
  if (message.beside !== null)
    return order.includes(message.beside) ? { order, others: { ...others, [message.beside]: message.id } } : null
  if (message.parentId === null) return { order: [message.id], others }
  const parent = order.indexOf(message.parentId)
  return parent < 0 ? null : { order: [...order.slice(0, parent + 1), message.id], others }
}

/**
 * The conversation after one event. The same reference when the event is one already seen; 'gap' when an event in
 * between is missing, so that only a new snapshot can be trusted.
 */
export function applyEvent(state: OpenConversation, event: ConversationEvent): OpenConversation | 'gap' {
  if (event.type === 'snapshot') return fromSnapshot(event)
  if (event.seq <= state.seq) return state
  if (event.seq !== state.seq + 1) return 'gap'
  const { seq } = event
  switch (event.type) {
    case 'removed':
      return { ...nothingOpen, id: state.id, status: 'missing', seq }
    case 'conversation':
      return { ...state, seq, conversation: event.conversation }
    case 'branch':
      return onBranch(state, event)
    case 'progress':
      return { ...state, seq, progress: { ...state.progress, [event.messageId]: event.progress } }
    case 'message': {
      const { message } = event
      const placed = place(state, message)
      if (!placed) return 'gap'
      return {
        ...state,
        ...placed,
        seq,
        messages: { ...state.messages, [message.id]: message },
        branched: state.branched || message.siblings.length > 1,
        progress: message.status === 'streaming' ? state.progress : without(state.progress, message.id),
        drafts: without(state.drafts, message.id),
        thoughts: without(state.thoughts, message.id),
      }
    }
    case 'text':
    case 'reasoning': {
      const message = state.messages[event.messageId]
      if (!message) return 'gap'
      const isText = event.type === 'text'
      const written = isText ? state.drafts : state.thoughts
      const known = written[event.messageId] ?? (isText ? textOf(message) : (reasoningOf(message)?.text ?? ''))
      if (event.offset > known.length) return 'gap'
      const text = known + event.text.slice(known.length - event.offset)
      const now = text === known ? written : { ...written, [event.messageId]: text }
      const progress = without(state.progress, event.messageId)
      return { ...state, seq, progress, ...(isText ? { drafts: now } : { thoughts: now }) }
    }
  }
}

/** The conversation after several events, or 'gap' at the first one that does not follow. */
export function applyEvents(state: OpenConversation, events: readonly ConversationEvent[]): OpenConversation | 'gap' {
  let next = state
  for (const event of events) {
    const applied = applyEvent(next, event)
    if (applied === 'gap') return 'gap'
    next = applied
  }
  return next
}

/** The conversation with messages that were asked for; those that came in the meantime are newer, and stay. */
export const withMessages = (state: OpenConversation, found: readonly Message[]): OpenConversation => ({
  ...state,
  messages: { ...byId(found), ...state.messages },
})

/** A picture or video before a message. `at`: the place of its own message on the path. */
export interface MediumBefore extends PathMedium {
  readonly part: MediaPart
  readonly at: number
}

const isMedium = (medium: PathMedium): medium is PathMedium & { part: MediaPart } =>
  medium.part.type !== 'text' && medium.part.type !== 'reasoning'

const mediaIn = ({ id: messageId, role, parts }: Message): PathMedium[] =>
  parts.map((part, place) => ({ messageId, role, place, part }))

/**
 * The pictures and videos from the root to the message before `message`, whatever comes below; null: some of these messages are
 * not loaded, and `media` has to be asked for. None where what it belongs to is not shown.
 */
export function mediaBefore(
  { order, messages, media }: Pick<OpenConversation, 'order' | 'messages' | 'media'>,
  { parentId }: Message,
): readonly MediumBefore[] | null {
  const path = parentId === null ? [] : order.slice(0, order.indexOf(parentId) + 1)
  if (media === null && path.some((id) => !messages[id])) return null
  return path.flatMap((id, at) => {
    const message = messages[id]
    const own = message ? mediaIn(message) : (media?.get(id) ?? [])
    return own.filter(isMedium).map((medium) => ({ ...medium, at }))
  })
}

/** Id of an answer that is being written at the end of the shown path or beside it, or null. */
export function streamingAnswer(state: OpenConversation): string | null {
  const last = state.order.at(-1)
  if (last === undefined) return null
  return (
    [last, state.others[last] ?? last].find(
      (id) => state.messages[id]?.status === 'streaming' && state.messages[id]?.role === 'assistant',
    ) ?? null
  )
}

/**
 * The pair of answers that a message of the path belongs to, in the order in which they were asked for; null for a
 * message that is not one of a pair.
 */
export function pairOf(state: OpenConversation, id: string): readonly [string, string] | null {
  const other = state.others[id]
  if (other === undefined) return null
  return state.messages[id]?.beside === null ? [id, other] : [other, id]
}

/**
 * A key for each message of the path. Both answers of a pair have the same key, so that the view keeps its place when
 * the conversation continues from the other one.
 */
export const pathKeys = (state: OpenConversation): string[] => state.order.map((id) => state.messages[id]?.beside ?? id)
