import type { ElectronApplication } from '@playwright/test'
import type { Profiler } from 'node:inspector'

/** A piece of work of one thread that nothing else of that thread could interrupt. */
export interface Task {
  readonly ms: number
  /** What most of it was, the outermost first. */
  readonly cause: string
}

/** How often the main thread says that it is free, and how often it is looked at what it does: ms, µs. */
const BEAT_MS = 2
const SAMPLE_US = 500

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
    return gaps.map(({ from, to, waitedMs }) => ({
      ms: Math.max(0, (to - from) / 1000 - BEAT_MS - waitedMs),
      cause: causeOf(profile, from, to),
    }))
  }
}

/** The stack that took most of the samples of a time, its own functions only, the outermost first. */
function causeOf(
  { nodes, samples = [], timeDeltas = [], startTime }: Profiler.Profile,
  from: number,
  to: number,
): string {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])))
  const counts = new Map<number, number>()
  let at = startTime
  samples.forEach((id, i) => {
    at += timeDeltas[i] ?? 0
    if (at >= from && at <= to) counts.set(id, (counts.get(id) ?? 0) + 1)
  })
  const [top] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? []
  const stack: string[] = []
  for (let id: number | undefined = top; id !== undefined; id = parents.get(id)) {
    const { functionName, url, lineNumber } = byId.get(id)!.callFrame
    if (functionName !== '(root)')
      stack.unshift(
        `${functionName || '(anonymous)'}${url ? ` ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}` : ''}`,
      )
  }
  return stack.slice(-4).join(' > ') || 'no sample: outside of JavaScript'
}
