import type { Page } from '@playwright/test'
import type { Task } from './mainTasks.ts'

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur?: number
  /** Of it, the time that the thread had a processor, µs. */
  readonly tdur?: number
  readonly args?: { name?: string; data?: { functionName?: string; url?: string; lineNumber?: number } }
}

const CATEGORIES = ['toplevel', 'devtools.timeline', 'v8', 'blink', '__metadata']

/**
 * Begins Chromium's own trace of the window; the function that it returns ends it. A task is a `RunTask` of a renderer's
 * main thread; its length is the time for which the thread had a processor, where the trace tells it.
 */
export async function traceRenderer(page: Page): Promise<() => Promise<Task[]>> {
  const session = await page.context().newCDPSession(page)
  const events: TraceEvent[] = []
  session.on('Tracing.dataCollected', ({ value }) => void events.push(...(value as unknown as TraceEvent[])))
  await session.send('Tracing.start', { transferMode: 'ReportEvents', categories: CATEGORIES.join(',') })
  return async () => {
    const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve))
    await session.send('Tracing.end')
    await complete
    await session.detach()
    const threads = new Set(
      events
        .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
        .map(({ pid, tid }) => `${pid}.${tid}`),
    )
    const own = events.filter(({ pid, tid, ph }) => ph === 'X' && threads.has(`${pid}.${tid}`))
    return own
      .filter(({ name }) => name.endsWith('RunTask'))
      .map((task) => ({ ms: (task.tdur ?? task.dur ?? 0) / 1000, cause: causeOf(task, own) }))
  }
}

/** What took most of a task, without what only leads to it. */
function causeOf(task: TraceEvent, events: readonly TraceEvent[]): string {
  const end = task.ts + (task.dur ?? 0)
  if ((task.dur ?? 0) < 10_000) return 'short'
  const within = events.filter(
    ({ name, ts, dur = 0, tid, pid }) =>
      !name.endsWith('RunTask') && pid === task.pid && tid === task.tid && ts >= task.ts && ts + dur <= end,
  )
  return within
    .toSorted((a, b) => (b.dur ?? 0) - (a.dur ?? 0))
    .slice(0, 4)
    .map(({ name, dur = 0, args }) => {
      const { functionName, url, lineNumber } = args?.data ?? {}
      const place =
        functionName || url ? ` ${functionName ?? ''} ${(url ?? '').split('/').at(-1)}:${lineNumber ?? ''}` : ''
      return `${name}${place} ${(dur / 1000).toFixed(1)}`
    })
    .join(', ')
}
