import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { Worker } from 'node:worker_threads'

/**
 * Keeps `threads` processors busy as another program of the user would: a process of its own at normal priority whose
 * threads only compute. `ready` resolves when all do; `stop` ends it; it also ends with this process, however that ends.
 */
export function keepBusy(threads: number): { ready: Promise<void>; stop: () => void } {
  const program = spawn(process.execPath, [import.meta.filename, String(threads)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ready = new Promise<void>((resolve, reject) => {
    program.stdout.once('data', () => resolve())
    program.once('error', reject)
  })
  program.unref()
  const output = program.stdout as unknown as Socket
  output.unref()
  return { ready, stop: () => void program.kill() }
}

if (import.meta.main) {
  const workers = Array.from({ length: Number(process.argv[2]) }, () => new Worker('for (;;);', { eval: true }))
  void Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('online', resolve)))).then(() =>
    process.stdout.write('busy\n'),
  )
  // the pipe closes with the process that it comes from
  process.stdin.on('close', () => process.exit()).resume()
}
