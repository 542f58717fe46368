import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test, vi } from 'vitest'
import type { WorkerProcess } from '../../main/ports.ts'
import { utilityWorkers } from './spawnWorker.ts'

vi.mock('electron', () => import('../testing/utilityProcess.ts'))

const channel = pathToFileURL(join(import.meta.dirname, '../../main/lib/workerChannel.ts')).href

/** Starts `script` as the media worker of a folder that holds nothing else. */
function start(script: string): WorkerProcess {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-worker-'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(
    join(folder, 'media.js'),
    `import { workerChannel } from ${JSON.stringify(channel)}\nconst channel = workerChannel()\n${script}`,
  )
  return utilityWorkers(folder)('media')
}

const exit = (worker: WorkerProcess) => new Promise<{ code: number | null }>((resolve) => worker.onExit(resolve))
const message = (worker: WorkerProcess) => new Promise((resolve) => worker.onMessage(resolve))

test('a worker gets and sends typed arrays over the utility process channel', async () => {
  const worker = start(
    `channel.onMessage(({ bytes }) => channel.send({ sum: bytes.reduce((a, b) => a + b, 0), bytes, viaSend: typeof process.send }))`,
  )
  const answer = message(worker)
  worker.send({ bytes: Uint8Array.of(1, 2, 3) })
  expect(await answer).toEqual({ sum: 6, bytes: Uint8Array.of(1, 2, 3), viaSend: 'undefined' })
  expect(worker.pid).toBeGreaterThan(0)
  const ended = exit(worker)
  worker.kill()
  await ended
})

test('the end of a worker is told with its code, and sending to it then is harmless', async () => {
  const worker = start(`channel.onMessage((code) => process.exit(code))`)
  const ended = exit(worker)
  worker.send(7)
  expect(await ended).toEqual({ code: 7, signal: null })
  worker.send('too late')
  worker.kill()
})

test('a worker that hangs in its own code is ended all the same', async () => {
  const worker = start(`channel.onMessage(() => { channel.send('hanging'); for (;;); })`)
  const hanging = message(worker)
  const ended = exit(worker)
  worker.send('go')
  await hanging
  worker.kill()
  expect((await ended).code).not.toBe(0)
})
