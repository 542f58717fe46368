import { AppError } from '#contract'
import { toAppError } from '../../lib/errors.ts'
import { call } from '../../lib/rpc.ts'
import { counted, draftKey, draftOf, toParts, updateDraft } from './draft.ts'

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
  const asked = { conversationId, parts: toParts(draft), format: draft.format }
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
 * again. Whatever else goes wrong here, Send says it when it matters.
 */
async function encode(conversationId: string | null, signal: AbortSignal): Promise<void> {
  const key = draftKey(conversationId)
  const gaveWay = (): Promise<boolean> =>
    call((core) => core.ask.prepare({ conversationId, parts: toParts(draftOf(key)) }, { signal })).then(
      () => false,
      (thrown: unknown) => toAppError(thrown).code === 'Interrupted',
    )
  updateDraft(key, (draft) => ({ ...draft, preparing: true }))
  for (const delay of AGAIN_MS) {
    if (!(await gaveWay()) || signal.aborted) break
    await new Promise((resolve) => setTimeout(resolve, delay))
    if (signal.aborted) break
  }
  if (!signal.aborted) updateDraft(key, (draft) => ({ ...draft, preparing: false }))
}

/** Forgets what is planned or running for a draft: it was sent. */
export function cancelPrepare(conversationId: string | null): void {
  end(counting, draftKey(conversationId))
  end(encoding, draftKey(conversationId))
}

/**
 * Has the core count the draft's tokens and, after a change of its pictures, encode them ahead of Send. Replaces what
 * was planned before.
 */
export function planPrepare(conversationId: string | null, changed: keyof typeof DELAY_MS): void {
  const key = draftKey(conversationId)
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
