import { fork } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { look } from './look.ts'
import type { Look } from './look.ts'

/** What a process may take for one file: ms, and bytes of memory. */
export interface Limits {
  readonly ms: number
  readonly bytes: number
}

/** A look at a file in a process of its own, and what that took. */
export interface Apart {
  readonly look: Look
  readonly ms: number
  /** The most memory of the process, in bytes. */
  readonly peakBytes: number
  /** Ended because it went beyond a limit. */
  readonly over: 'time' | 'memory' | null
}

const SELF = fileURLToPath(import.meta.url)
/** How often memory is looked at, in ms, where the system tells it. */
const WATCH_MS = 50

/** Opens `path` in another process, which is ended when it takes too long or too much memory. Never rejects. */
export function lookApart(path: string, limits: Limits): Promise<Apart> {
  const started = performance.now()
  const child = fork(SELF, [path], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  let found: { look: Look; ms: number; peakBytes: number } | null = null
  let over: Apart['over'] = null
  let peakBytes = 0
  let said = ''
  child.stderr!.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)))
  child.on('message', (message) => (found = message as typeof found))
  const end = (why: Apart['over']) => {
    over = why
    child.kill('SIGKILL')
  }
  const deadline = setTimeout(() => end('time'), limits.ms)
  const watch = setInterval(() => {
    void residentBytes(child.pid).then((bytes) => {
      peakBytes = Math.max(peakBytes, bytes)
      if (bytes > limits.bytes) end('memory')
    })
  }, WATCH_MS)
  return new Promise((resolve) => {
    child.once('close', (code, signal) => {
      clearTimeout(deadline)
      clearInterval(watch)
      const ms = found?.ms ?? performance.now() - started
      const crashed: Look = {
        what: 'crashed',
        message: said.trim().split('\n').at(-1) || `the process ended with ${signal ?? code}`,
      }
      resolve({ look: found?.look ?? crashed, ms, peakBytes: Math.max(peakBytes, found?.peakBytes ?? 0), over })
    })
  })
}

/** Memory of a process now, in bytes; 0 where the system does not tell. */
async function residentBytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024
}

if (process.argv[1] === SELF && process.send) {
  const started = performance.now()
  const seen = await look(process.argv[2]!)
  const message = { look: seen, ms: performance.now() - started, peakBytes: process.resourceUsage().maxRSS * 1024 }
  process.send(message, () => process.disconnect())
}
