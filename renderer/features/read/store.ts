import { create } from 'zustand'
import type { ConversationEvent, Remedy } from '#contract'
import { announce } from '../../lib/announce.ts'
import { comparedIn } from '../../lib/comparing.ts'
import { follow } from '../../lib/follow.ts'
import { createFrameBatch } from '../../lib/frameBatch.ts'
import { call, connection } from '../../lib/rpc.ts'
import { withFrames, type Rereading } from '../../lib/video/index.ts'
import { applyEvents, nothingOpen, opening, streamingAnswer, textOf, type ReadState } from './state.ts'

/** The conversation that is open. */
export const useRead = create<ReadState>(() => nothingOpen)

/** Id of the answer being written in the open conversation, or null. */
export const useStreamingAnswer = (): string | null => useRead(streamingAnswer)

const SPOKEN_CHARACTERS = 400

/** Screen readers hear that an answer ended, and its beginning; never single tokens. */
function announceEnd(event: ConversationEvent): void {
  if (event.type !== 'message' || event.message.role !== 'assistant' || event.message.status === 'streaming') return
  const state = useRead.getState()
  if (state.messages[event.message.id]?.status !== 'streaming') return
  const isOfPair = event.message.beside !== null || state.others[event.message.id] !== undefined
  const who = isOfPair && event.message.model ? `${event.message.model}: ` : ''
  const text = textOf(event.message)
    .slice(0, SPOKEN_CHARACTERS)
    .replace(/[*_`#>|]+/g, '')
  const ends: Record<string, string> = {
    stopped: 'Answer stopped.',
    failed: 'Answer failed.',
    interrupted: 'Answer interrupted.',
  }
  announce(`${who}${ends[event.message.status] ?? 'Answer complete.'} ${text}`)
}

/**
 * Shows conversation `id` and keeps it up to date until `signal` aborts; null closes what is open. Text is applied once
 * per animation frame, everything else at once.
 */
export async function followConversation(id: string | null, signal: AbortSignal): Promise<void> {
  if (id === null) return useRead.setState(nothingOpen)
  if (useRead.getState().id !== id) useRead.setState(opening(id))
  let gap = false
  const batch = createFrameBatch<ConversationEvent>((events) => {
    if (signal.aborted || gap) return
    const next = applyEvents(useRead.getState(), events)
    if (next === 'gap') gap = true
    else useRead.setState(next)
  })
  signal.addEventListener('abort', batch.clear, { once: true })
  await follow<ConversationEvent>({
    connection,
    signal,
    subscribe: (core, round) => core.conversations.watch({ id }, { signal: round }),
    onEvent: (event) => {
      if (event.type === 'snapshot') {
        gap = false
        batch.clear()
      }
      announceEnd(event)
      if (event.type === 'text') batch.later(event)
      else batch.now(event)
      return gap ? 'again' : undefined
    },
    onRefused: () => useRead.setState({ ...nothingOpen, id, status: 'missing' }),
  })
}

/**
 * Answers the same question again as a new branch, by two models while the conversation compares; `remedy` is changed
 * first, when the context was full. `onReading` is told of videos whose frames have to be read again before.
 */
export async function retry(
  messageId: string,
  options: {
    readonly remedy?: Remedy | undefined
    readonly signal: AbortSignal
    readonly onReading: (reading: Rereading | null) => void
  },
): Promise<void> {
  const { remedy, signal, onReading } = options
  const { id } = useRead.getState()
  const compareWith = comparedIn(id)?.id ?? null
  const again = { messageId, compareWith, ...(remedy && { remedy }) }
  await withFrames(id, () => call((core) => core.ask.retry(again, { signal })), { signal, onReading })
}

/** Stops an answer and the one beside it; their text so far stays. */
export const stop = (messageId: string): Promise<void> => call((core) => core.ask.stop({ messageId }))

/** Shows another branch; goes on from this answer of a pair. */
export const selectBranch = (messageId: string): Promise<void> =>
  call((core) => core.conversations.selectBranch({ messageId }))
