import { AppError } from '#contract'
import { call } from '../../lib/rpc.ts'
import { counted, toParts } from './state.ts'
import { draftKey, draftOf, updateDraft } from './store.ts'

/** Waiting time before counting, in ms: short after a picture changed, longer while typing goes on. */
export const PREPARE_DELAY_MS = { pictures: 150, text: 800 } as const

const running = new Map<string, { timer: ReturnType<typeof setTimeout>; abort: AbortController }>()

/** Forgets a planned or running preparation: the question was sent or has no pictures any more. */
export function cancelPrepare(conversationId: string | null): void {
  const key = draftKey(conversationId)
  const entry = running.get(key)
  if (!entry) return
  clearTimeout(entry.timer)
  entry.abort.abort()
  running.delete(key)
  updateDraft(key, (draft) => (draft.preparing ? { ...draft, preparing: false } : draft))
}

async function prepare(conversationId: string | null, signal: AbortSignal): Promise<void> {
  const key = draftKey(conversationId)
  const draft = draftOf(key)
  const parts = toParts(draft)
  if (draft.pictures.some((picture) => !picture.attachment)) return
  updateDraft(key, (now) => ({ ...now, preparing: true }))
  try {
    const counts = await call((core) => core.ask.count({ conversationId, parts }, { signal }))
    if (!signal.aborted) updateDraft(key, (now) => counted(now, counts))
    await call((core) => core.ask.prepare({ conversationId, parts }, { signal }))
    if (!signal.aborted) updateDraft(key, (now) => ({ ...now, preparing: false }))
  } catch (thrown) {
    if (signal.aborted) return
    const info = thrown instanceof AppError && thrown.code === 'ContextFull' ? thrown.toInfo() : null
    updateDraft(key, (now) => ({ ...now, preparing: false, error: info ?? now.error }))
  }
}

/**
 * Has the core count the question's tokens and encode its pictures ahead of Send. Replaces what was planned before. A
 * failure other than a full context stays silent: Send will say it where it matters.
 */
export function planPrepare(conversationId: string | null, after: keyof typeof PREPARE_DELAY_MS): void {
  cancelPrepare(conversationId)
  const key = draftKey(conversationId)
  if (draftOf(key).pictures.length === 0) return
  const abort = new AbortController()
  const timer = setTimeout(() => void prepare(conversationId, abort.signal), PREPARE_DELAY_MS[after])
  running.set(key, { timer, abort })
}
