import { AppError, toErrorInfo } from '#contract'
import type { ErrorInfo, SeenProfile } from '#contract'
import type { AnswerOptions, AnswerResult } from '../../engine/index.ts'
import { toStorageError } from '../../lib/database/index.ts'
import type { Conversations, Ending } from '../../services/conversations/index.ts'
import type { PageEvent } from './pages.ts'

const closed: Ending = {
  status: 'interrupted',
  error: {
    code: 'Interrupted',
    message: 'The app was closed before the answer ended. What was written is kept; ask again for a whole answer.',
  },
}

/** An answer that is being written. */
export interface AnswerRun {
  readonly conversationId: string
  /** True as soon as the ending is stored; the engine may still be stopping. */
  readonly ended: boolean
  /** Settles (never rejects) when the engine has stopped and nothing more is stored. */
  readonly done: Promise<void>
  /** Settles when its model is in memory with the pictures encoded, or when it has ended. */
  readonly underWay: Promise<void>
  /** Stops the engine; the text so far is kept and the answer counts as stopped. */
  stop(): Promise<void>
  /** Stops the engine and stores nothing more: the conversation is going away. */
  discard(): Promise<void>
  /** After `discard`: the conversation stays, so the answer counts as stopped with what was stored of it. */
  keep(): void
  /** Stores the text so far as interrupted at once, then stops the engine. */
  interrupt(): void
}

/**
 * Runs one answer: events of the engine, in batches, onto the disk and from there to the watchers. Whatever goes wrong
 * while something is stored ends the run in one place (`end`), and nothing is thrown at anybody: the answer becomes failed;
 * where that cannot be stored either, its watchers are told; where its rows are gone, because the conversation was
 * removed, it ends quietly.
 */
export function runAnswer(parts: {
  events: (options: AnswerOptions) => AsyncIterable<PageEvent>
  conversations: Pick<Conversations, 'append' | 'rewrite' | 'reasoned' | 'progress' | 'seen' | 'finish' | 'reportLost'>
  conversationId: string
  answerId: string
  /** What the answer is read with. */
  profile?: SeenProfile | null
}): AnswerRun {
  const { events, conversations, conversationId, answerId, profile } = parts
  const abort = new AbortController()
  const { promise: underWay, resolve: isUnderWay } = Promise.withResolvers<void>()
  let ended = false
  const batch = new TextBatch(
    (text, to) => conversations.append(answerId, text, to),
    (error) => {
      end(failedBy(error))
      abort.abort()
    },
  )

  /** Ends the answer, once. */
  const end = (ending: Ending): void => {
    if (ended) return
    ended = true
    try {
      // an error means that storing failed: what waits would fail again
      if (ending.status === 'failed' && ending.error?.code === 'StorageFailed') batch.drop()
      else batch.flush()
      conversations.finish(answerId, ending)
    } catch (thrown) {
      batch.drop()
      giveUp(thrown)
    }
  }
  /** The ending could not be stored. */
  const giveUp = (thrown: unknown): void => {
    const failed = failedBy(thrown)
    try {
      conversations.finish(answerId, failed)
    } catch {
      conversations.reportLost(answerId, failed.error)
    }
  }

  const consume = async (): Promise<void> => {
    let result: AnswerResult | null = null
    try {
      conversations.progress(answerId, { phase: 'waiting', done: 0, total: 1 })
      for await (const event of events({ signal: abort.signal, conversationId })) {
        if (ended) return
        const isGenerated = event.type === 'text' || event.type === 'reasoning'
        if (isGenerated || (event.type === 'progress' && event.progress.phase === 'prefill')) isUnderWay()
        if (event.type === 'progress') conversations.progress(answerId, event.progress)
        else if (isGenerated) batch.push(event.text, event.type)
        else if (event.type === 'rewritten') {
          batch.flush()
          conversations.rewrite(answerId, event.text)
        } else if (event.type === 'reasoned') {
          batch.flush()
          conversations.reasoned(answerId, { ms: event.ms, tokens: event.tokens })
        } else if (event.type === 'seen') conversations.seen(answerId, { ...event.seen, ...(profile && { profile }) })
        else result = event.result
      }
      if (!result && !abort.signal.aborted)
        throw new AppError('EngineFailed', 'The model ended without an answer. Ask again.')
      end(endingOf(result))
    } catch (error) {
      const isStopped = abort.signal.aborted && toErrorInfo(toStorageError(error)).code !== 'StorageFailed'
      end(isStopped ? { status: 'stopped' } : failedBy(error))
    }
  }
  const done = consume().finally(isUnderWay)

  return {
    conversationId,
    underWay,
    get ended() {
      return ended
    },
    done,
    stop() {
      abort.abort()
      return done
    },
    discard() {
      ended = true
      batch.drop()
      abort.abort()
      return done
    },
    keep() {
      ended = false
      end({ status: 'stopped' })
    },
    interrupt() {
      end(closed)
      abort.abort()
    },
  }
}

const failedBy = (thrown: unknown): Ending & { readonly error: ErrorInfo } => ({
  status: 'failed',
  error: toErrorInfo(toStorageError(thrown)),
})

/** How an answer ended by the engine's own account; null: it was stopped before it could say. */
function endingOf(result: AnswerResult | null): Ending {
  if (!result) return { status: 'stopped' }
  const { finishReason, usage, timings, tokens } = result
  const isCut = finishReason !== 'stop' && tokens.length > 0
  const figures = usage.promptTokens > 0 ? { usage, timings, ...(isCut && { tokens }) } : {}
  return { status: finishReason === 'aborted' ? 'stopped' : 'complete', ...figures }
}

/** Longest time that text waits for more, in ms. */
const batchMs = 30

type Written = 'text' | 'reasoning'

/**
 * Gathers text, of one kind at a time, so that `commit` runs at most once per `batchMs`: at once after a pause, else when the time is over. An
 * error of a delayed commit goes to `onError`; that of `push` and `flush` to their caller.
 */
class TextBatch {
  private readonly commit: (text: string, of: Written) => void
  private readonly onError: (error: unknown) => void
  private waiting = ''
  private of: Written = 'text'
  private timer: NodeJS.Timeout | null = null
  private last = -Infinity

  constructor(commit: (text: string, of: Written) => void, onError: (error: unknown) => void) {
    this.commit = commit
    this.onError = onError
  }

  push(text: string, of: Written): void {
    if (of !== this.of) this.flush()
    this.of = of
    this.waiting += text
    const left = this.last + batchMs - performance.now()
    if (left <= 0) this.flush()
    else this.timer ??= setTimeout(() => this.onTime(), left)
  }

  /** Commits what waits, now; it goes on waiting when that fails. */
  flush(): void {
    this.drop()
    if (!this.waiting) return
    this.commit(this.waiting, this.of)
    this.waiting = ''
    this.last = performance.now()
  }

  /** Commits nothing more by itself. */
  drop(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
  }

  private onTime(): void {
    try {
      this.flush()
    } catch (error) {
      this.onError(error)
    }
  }
}
