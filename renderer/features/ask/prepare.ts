import { AppError } from '#contract'
import { useEngine } from '../../lib/engine.ts'
import { toAppError } from '../../lib/errors.ts'
import { presetIn } from '../../lib/presets.ts'
import { jobIn } from '../../lib/profiles.ts'
import { call } from '../../lib/rpc.ts'
import { thinkingIn } from '../../lib/thinking.ts'
import { counted, draftKey, draftOf, editedIn, toParts, updateDraft } from './draft.ts'

/** Waiting time before counting, in ms: short after a picture changed, longer while typing goes on. */
const DELAY_MS = { pictures: 120, text: 600 } as const
/** Waiting times before work ahead is asked for again that gave way to other work of the engine, in ms. */
const AGAIN_MS = [300, 1_000, 3_000]

interface Task {
  readonly timer: ReturnType<typeof setTimeout>
  readonly abort: AbortController
}

const counting = new Map<string, Task>()
const encoding = new Map<string, Task>()

function end(tasks: Map<string, Task>, key: string): void {
  const task = tasks.get(key)
  if (!task) return
  clearTimeout(task.timer)
  task.abort.abort()
  tasks.delete(key)
}

function begin(
  tasks: Map<string, Task>,
  key: string,
  delay: number,
  run: (signal: AbortSignal) => Promise<void>,
): void {
  end(tasks, key)
  const abort = new AbortController()
  tasks.set(key, { abort, timer: setTimeout(() => void run(abort.signal), delay) })
}

/** Counts the draft's tokens. A failure other than a full context stays silent: Send will say it where it matters. */
async function count(conversationId: string | null, signal: AbortSignal): Promise<void> {
  const key = draftKey(conversationId)
  const draft = draftOf(key)
  const asked = {
    conversationId,
    parts: toParts(draft),
    format: draft.format,
    ...thinkingIn(conversationId),
    ...jobIn(conversationId),
    edits: editedIn(conversationId),
    ...presetIn(conversationId),
  }
  try {
    const answer = await call((core) => core.ask.count(asked, { signal }))
    if (!signal.aborted) updateDraft(key, (now) => counted(now, answer))
  } catch (thrown) {
    if (signal.aborted || !(thrown instanceof AppError) || thrown.code !== 'ContextFull') return
    updateDraft(key, (now) => ({ ...now, error: thrown.toInfo() }))
  }
}

/**
 * Encodes the draft's pictures ahead of Send, until that is done: where other work of the engine went first, it is asked for
 * again, three times. Whatever else goes wrong here, Send says it when it matters.
 */
async function encode(conversationId: string | null, signal: AbortSignal): Promise<void> {
  const key = draftKey(conversationId)
  const gaveWay = (): Promise<boolean> =>
    call((core) =>
      core.ask.prepare(
        {
          conversationId,
          parts: toParts(draftOf(key)),
          ...thinkingIn(conversationId),
          ...jobIn(conversationId),
          edits: editedIn(conversationId),
          ...presetIn(conversationId),
        },
        { signal },
      ),
    ).then(
      () => false,
      (thrown: unknown) => toAppError(thrown).code === 'Interrupted',
    )
  updateDraft(key, (draft) => ({ ...draft, preparing: true }))
  let isLeft = await gaveWay()
  for (const delay of AGAIN_MS) {
    if (!isLeft || signal.aborted) break
    await new Promise((resolve) => setTimeout(resolve, delay))
    isLeft = !signal.aborted && (await gaveWay())
  }
  if (!signal.aborted) updateDraft(key, (draft) => ({ ...draft, preparing: false }))
}

/** Forgets what is planned or running for a draft: it was sent. */
export function cancelPrepare(conversationId: string | null): void {
  end(counting, draftKey(conversationId))
  end(encoding, draftKey(conversationId))
}

/**
 * Drafts that were restored and not changed by the user since, by their keys: nothing of them is counted or encoded, which
 * would have the model loaded because a window was opened.
 */
const untouched = new Set<string>()

/** Whether a draft is as it was restored, so that nothing may load a model for it. */
export const isUntouched = (conversationId: string | null): boolean => untouched.has(draftKey(conversationId))

/**
 * A draft was restored: it is counted and encoded with its first change by the user, or at once where the model is in memory
 * anyway.
 */
export function planRestored(conversationId: string | null): void {
  if (useEngine.getState().status?.state === 'ready') planPrepare(conversationId, 'pictures')
  else untouched.add(draftKey(conversationId))
}

/** The user changed a restored draft: from now on it is counted and encoded as any other. */
export const touch = (conversationId: string | null): void => void untouched.delete(draftKey(conversationId))

/** The frames of a video in a draft are read, or it was taken out: the draft is counted and encoded unless it is untouched. */
export function planAfterReading(conversationId: string | null): void {
  if (!isUntouched(conversationId)) planPrepare(conversationId, 'pictures')
}

/**
 * Has the core count the draft's tokens and, after a change of its pictures, encode them ahead of Send. Replaces what
 * was planned before. The first change of a restored draft has its pictures encoded whatever it is.
 */
export function planPrepare(conversationId: string | null, change: keyof typeof DELAY_MS): void {
  const key = draftKey(conversationId)
  const changed = untouched.delete(key) ? 'pictures' : change
  const { pictures, text } = draftOf(key)
  if (pictures.some(({ attachment, clip }) => !attachment && !clip)) return
  if (pictures.length > 0 || text.trim() !== '')
    begin(counting, key, DELAY_MS[changed], (signal) => count(conversationId, signal))
  else end(counting, key)
  if (changed === 'text') return
  if (pictures.length > 0) return begin(encoding, key, DELAY_MS.pictures, (signal) => encode(conversationId, signal))
  end(encoding, key)
  updateDraft(key, (draft) => (draft.preparing ? { ...draft, preparing: false } : draft))
}
