import { spawn } from 'node:child_process'
import { Worker } from 'node:worker_threads'

/** As many as the computers that run the tests have processors at least. */
const THREADS = 2

/**
 * Keeps two processors busy as another program of the user would: a process of its own at normal priority with two
 * threads that only compute. `stop` ends it; it also ends with this process, however that ends.
 */
export function keepBusy(): { stop: () => void } {
  const program = spawn(process.execPath, [import.meta.filename], { stdio: ['pipe', 'ignore', 'inherit'] })
  program.unref()
  return { stop: () => void program.kill() }
}

if (import.meta.main) {
  for (let i = 0; i < THREADS; i++) new Worker('for (;;);', { eval: true })
  // the pipe closes with the process that it comes from
  process.stdin.on('close', () => process.exit()).resume()
}
