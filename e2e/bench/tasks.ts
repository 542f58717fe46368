import type { Profiler } from 'node:inspector'
import type { ElectronApplication, Page } from '@playwright/test'

/** A piece of work of one thread that nothing else of that thread could interrupt. */
export interface Task {
  readonly ms: number
  /** What most of it was, the outermost first. */
  readonly cause: string
}

/** How often the main thread says that it is free, and how often it is looked at what it does: ms, µs. */
const BEAT_MS = 2
const SAMPLE_US = 500
/** What is no work of the app: waiting, and the trace's own. */
const OWN = ['(idle)', 'waited']

interface Held {
  stop: () => Promise<{ profile: Profiler.Profile; gaps: { from: number; to: number; waitedMs: number }[] }>
}

/**
 * Begins to trace the main process: a timer beats as often as it can, and a profile says what ran where it could not. The
 * function that it returns ends the trace. Of a gap between two beats the time does not count for which the thread waited
 * for a processor (/proc/self/schedstat).
 */
export async function traceMain(electron: ElectronApplication): Promise<() => Promise<Task[]>> {
  await electron.evaluate(
    async (_, { beatMs, sampleUs }) => {
      const { Session } = process.getBuiltinModule('node:inspector/promises')
      const { readFileSync } = process.getBuiltinModule('node:fs')
      const session = new Session()
      session.connect()
      await session.post('Profiler.enable')
      await session.post('Profiler.setSamplingInterval', { interval: sampleUs })
      await session.post('Profiler.start')
      const waited = () => {
        try {
          return Number(readFileSync('/proc/self/schedstat', 'latin1').split(' ')[1]) / 1e6
        } catch {
          return 0
        }
      }
      // the profile counts in µs of the same clock
      const now = () => Number(process.hrtime.bigint() / 1000n)
      const gaps: { from: number; to: number; waitedMs: number }[] = []
      let last = { at: now(), waitedMs: waited() }
      const timer = setInterval(() => {
        const beat = { at: now(), waitedMs: waited() }
        if (beat.at - last.at > 5 * beatMs * 1000)
          gaps.push({ from: last.at, to: beat.at, waitedMs: beat.waitedMs - last.waitedMs })
        last = beat
      }, beatMs)
      ;(globalThis as { heldTrace?: Held }).heldTrace = {
        stop: async () => {
          clearInterval(timer)
          const { profile } = await session.post('Profiler.stop')
          session.disconnect()
          return { profile, gaps }
        },
      }
    },
    { beatMs: BEAT_MS, sampleUs: SAMPLE_US },
  )
  return async () => {
    const { profile, gaps } = await electron.evaluate(() => (globalThis as { heldTrace?: Held }).heldTrace!.stop())
    return gaps.map(({ from, to, waitedMs }) => {
      const { ms, cause } = busiest(profile, from, to)
      return { ms: Math.max(0, Math.min(ms, (to - from) / 1000 - BEAT_MS - waitedMs)), cause }
    })
  }
}

/**
 * How long the thread was not idle in a time, less what the trace itself did there, and the stack that took most of it:
 * its innermost functions, the outermost of them first.
 */
function busiest(profile: Profiler.Profile, from: number, to: number): { ms: number; cause: string } {
  const { nodes, samples = [], timeDeltas = [], startTime } = profile
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])))
  const stackOf = (top: number) => {
    const stack: Profiler.ProfileNode[] = []
    for (let id: number | undefined = top; id !== undefined; id = parents.get(id)) stack.unshift(byId.get(id)!)
    return stack.map(({ callFrame }) => callFrame)
  }
  const counts = new Map<number, number>()
  let at = startTime
  let within = 0
  samples.forEach((id, i) => {
    at += timeDeltas[i] ?? 0
    if (at < from || at > to) return
    within++
    if (!stackOf(id).some(({ functionName }) => OWN.includes(functionName))) counts.set(id, (counts.get(id) ?? 0) + 1)
  })
  const [top] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? []
  if (top === undefined) return { ms: 0, cause: 'idle' }
  const busy = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const names = stackOf(top).slice(1).slice(-4)
  return {
    ms: ((to - from) / 1000) * (busy / within),
    cause: names
      .map(({ functionName, url, lineNumber }) => {
        const place = url ? ` ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}` : ''
        return `${functionName || '(anonymous)'}${place}`
      })
      .join(' > '),
  }
}

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
