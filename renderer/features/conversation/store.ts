import { MOST_MESSAGES } from '#contract'
import type { ConversationEvent, MediaCount, Message, Remedy, Variation } from '#contract'
import { create } from 'zustand'
import { useShallow } from 'zustand/react/shallow'
import { announce } from '../../lib/announce.ts'
import { comparedIn } from '../../lib/comparing.ts'
import { isNumbered, mediaOfPath, noMedia } from '../../lib/conversation/numbers.ts'
import { nothingOpen, streamingAnswer, withMessages } from '../../lib/conversation/state.ts'
import type { OpenConversation } from '../../lib/conversation/state.ts'
import { watchConversation } from '../../lib/conversation/watch.ts'
import { call, connection } from '../../lib/rpc.ts'
import { presetIn } from '../../lib/presets.ts'
import { thinkingIn } from '../../lib/thinking.ts'
import { withFrames } from '../../lib/video/index.ts'
import type { Rereading } from '../../lib/video/index.ts'

/** The conversation that is open. */
export const useOpenConversation = create<OpenConversation>(() => nothingOpen)

/** Id of the answer being written in the open conversation, or null. */
export const useStreamingAnswer = (): string | null => useOpenConversation(streamingAnswer)

/** The messages of the open conversation that are being asked for. */
const asked = new Set<string>()

/** Loads messages of the shown path, each with the answer beside it; what is loaded already is not asked for again. */
export async function loadMessages(path: readonly string[]): Promise<void> {
  const { id, messages, others } = useOpenConversation.getState()
  const missing = [...new Set(path)]
    .flatMap((one) => (others[one] === undefined ? [one] : [one, others[one]]))
    .filter((one) => !messages[one] && !asked.has(one))
  if (id === null || missing.length === 0) return
  for (let from = 0; from < missing.length; from += MOST_MESSAGES) {
    const ids = missing.slice(from, from + MOST_MESSAGES)
    for (const one of ids) asked.add(one)
    try {
      const found = await call((core) => core.conversations.messages({ id, ids }))
      useOpenConversation.setState((state) => (state.id === id ? withMessages(state, found) : state))
    } finally {
      for (const one of ids) asked.delete(one)
    }
  }
}

/** Loads all messages of the shown path, so that it can be printed. */
export const loadWholePath = (): Promise<void> => loadMessages(useOpenConversation.getState().order)

let mediaOf: readonly string[] | null = null

/** Loads the pictures and videos of the whole path, once for each path. */
export function loadMedia(): void {
  const { id, order } = useOpenConversation.getState()
  if (id === null || mediaOf === order) return
  mediaOf = order
  call((core) => core.conversations.media({ id })).then(
    (found) => {
      const now = useOpenConversation.getState()
      if (now.id !== id) return
      // a path that only went on from there has loaded what came
      if (now.order[order.length - 1] !== order.at(-1)) return loadMedia()
      useOpenConversation.setState({ media: Map.groupBy(found, ({ messageId }) => messageId) })
    },
    // whoever needs them next asks again
    () => (mediaOf = null),
  )
}

const SPOKEN_CHARACTERS = 400

/** Screen readers hear that the model thinks, and that an answer ended, with its beginning; never single tokens. */
function announceEnd(event: ConversationEvent): void {
  if (event.type === 'reasoning' && event.offset === 0) announce('The model is thinking.')
  if (event.type !== 'message' || event.message.role !== 'assistant' || event.message.status === 'streaming') return
  const state = useOpenConversation.getState()
  if (state.messages[event.message.id]?.status !== 'streaming') return
  const isOfPair = event.message.beside !== null || state.others[event.message.id] !== undefined
  const who = isOfPair && event.message.model ? `${event.message.model}: ` : ''
  const ends: Record<string, string> = {
    stopped: 'Answer stopped.',
    failed: 'Answer failed.',
    interrupted: 'Answer interrupted.',
  }
  const end = ends[event.message.status] ?? 'Answer complete.'
  // how documents are read is not part of the first view
  void import('../../lib/conversation/readingText.ts').then(({ readingText }) => {
    const text = readingText(event.message)
      .slice(0, SPOKEN_CHARACTERS)
      .replace(/[*_`#>|]+/g, '')
    announce(`${who}${end} ${text}`)
  })
}

/** Shows conversation `id` and keeps it up to date until `signal` aborts; null closes what is open. */
export async function followConversation(id: string | null, signal: AbortSignal): Promise<void> {
  if (id === null) return useOpenConversation.setState(nothingOpen)
  await watchConversation({ connection, id, store: useOpenConversation, signal, onEvent: announceEnd })
}

/**
 * Answers the same question again as a new branch, by two models while the conversation compares; `remedy` is changed
 * first, when the context was full; `variation`: how this one is answered otherwise. `onReading` is told of videos whose frames have to be read again before.
 */
export async function retry(
  messageId: string,
  options: {
    readonly remedy?: Remedy | undefined
    readonly variation?: Variation | undefined
    readonly signal: AbortSignal
    readonly onReading: (reading: Rereading | null) => void
  },
): Promise<void> {
  const { remedy, variation, signal, onReading } = options
  const { id } = useOpenConversation.getState()
  // another model answers alone
  const compareWith = variation?.modelId === undefined ? (comparedIn(id)?.id ?? null) : null
  const again = {
    messageId,
    compareWith,
    ...thinkingIn(id),
    ...presetIn(id),
    ...(remedy && { remedy }),
    ...(variation && { variation }),
  }
  await withFrames(id, () => call((core) => core.ask.retry(again, { signal })), { signal, onReading })
}

/** Goes on with an answer that did not come to its end: pages that were not all read, or a text that was cut. */
export async function goOn(messageId: string): Promise<void> {
  const { id } = useOpenConversation.getState()
  await call((core) => core.ask.goOn({ messageId, ...thinkingIn(id), ...presetIn(id) }))
}

/** The last question that is shown; null: there is none. */
export function lastQuestion(): Message | null {
  const { order, messages } = useOpenConversation.getState()
  const id = order.findLast((one) => messages[one]?.role === 'user')
  return (id !== undefined && messages[id]) || null
}

/** Stops an answer and the one beside it; their text so far stays. */
export const stop = (messageId: string): Promise<void> => call((core) => core.ask.stop({ messageId }))

/** Shows the branch of a message, or continues the conversation from this answer of a pair. */
export const selectBranch = (messageId: string): Promise<void> =>
  call((core) => core.conversations.selectBranch({ messageId }))

/** Whether the open conversation shows several pictures and videos, so that each has a number. */
export const useNumbered = (): boolean => useOpenConversation((state) => isNumbered(mediaOfPath(state)))

/** What the open conversation shows before what is composed in it: in place of question `edited`, else at its end. */
export const useMediaCount = (edited: string | null): MediaCount =>
  useOpenConversation(
    useShallow((state) => {
      const question = edited === null ? undefined : state.messages[edited]
      return question ? (question.mediaBefore ?? noMedia) : mediaOfPath(state)
    }),
  )
