import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test, vi } from 'vitest'
import { noLog } from '../../main/lib/log/log.ts'
import type { LogFields } from '../../main/lib/log/log.ts'
import { connectRemote } from '../../main/lib/remote.ts'
import type { Line, TransferPort } from '../../main/lib/remote.ts'
import type { WorkerProcess } from '../../main/ports.ts'
import type { ShellPorts } from './link.ts'
import { utilityWorkers } from './utility.ts'
import type { Workers } from './utility.ts'
import { forkedWorkers } from './workers.ts'

vi.mock('electron', async () => ({
  ...(await import('../testing/utilityProcess.ts')),
  ...(await import('../testing/utilityProcess.ts')),
}))

/** What main does for the core, called over a line as between the two processes. */
async function overLine(workers: Workers) {
  const listeners: ((message: unknown, ports: readonly TransferPort[]) => void)[][] = [[], []]
  const line = (own: 0 | 1): Line => ({
    send: (message, ports) => queueMicrotask(() => listeners[1 - own]!.forEach((listener) => listener(message, ports))),
    onMessage: (listener) => void listeners[own]!.push(listener),
    onClose: () => {},
  })
  const onDefect = vi.fn()
  const core = connectRemote<Pick<ShellPorts, 'forkWorker'>>(line(1), { onDefect })
  connectRemote(line(0), { offer: { forkWorker: workers.fork }, onDefect })
  return (await core.other).forkWorker
}

const logged: string[] = []
let workers: Workers

const channel = pathToFileURL(join(import.meta.dirname, '../../main/lib/workerChannel.ts')).href

/** Starts `script` as the media worker of a folder that holds nothing else. */
async function start(script: string): Promise<WorkerProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-worker-'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(
    join(folder, 'media.js'),
    `import { workerChannel } from ${JSON.stringify(channel)}\nconst channel = workerChannel()\n${script}`,
  )
  logged.length = 0
  const note = (event: string, { process, reason }: LogFields = {}) =>
    void logged.push([event, process, reason].join(' ').trim())
  workers = utilityWorkers(folder, { info: note, warn: note, error: note })
  return forkedWorkers(await overLine(workers))('media')
}

const exit = (worker: WorkerProcess) => new Promise<{ code: number | null }>((resolve) => worker.onExit(resolve))
const message = (worker: WorkerProcess) => new Promise((resolve) => worker.onMessage(resolve))

test('a worker gets and sends typed arrays over a port that main hands on', async () => {
  const worker = await start(
    `channel.onMessage(({ bytes }) => channel.send({ sum: bytes.reduce((a, b) => a + b, 0), bytes, viaSend: typeof process.send }))`,
  )
  const answer = message(worker)
  worker.send({ bytes: Uint8Array.of(1, 2, 3) })
  expect(worker.pid, 'what is sent before it runs waits').toBeUndefined()
  expect(await answer).toEqual({ sum: 6, bytes: Uint8Array.of(1, 2, 3), viaSend: 'undefined' })
  expect(worker.pid).toBeGreaterThan(0)
  expect(await worker.started).toBe(worker.pid)
  const ended = exit(worker)
  worker.kill()
  await ended
})

test.skipIf(process.platform === 'win32')(
  'a worker goes on when a terminal signals every process of the app',
  async () => {
    const worker = await start(`channel.onMessage((word) => channel.send(word + ', heard'))`)
    const [heard, ended] = [message(worker), exit(worker)]
    worker.send('one')
    await heard
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(worker.pid!, signal)
    const again = message(worker)
    worker.send('two')
    expect(await Promise.race([again, ended])).toBe('two, heard')
    worker.kill()
    await ended
  },
)

test('the end of a worker is told with its code, and sending to it then is harmless', async () => {
  const worker = await start(`channel.onMessage((code) => process.exit(code))`)
  const ended = exit(worker)
  worker.send(7)
  expect(await ended).toEqual({ code: 7, signal: null })
  worker.send('too late')
  worker.kill()
})

test('a worker that hangs in its own code is ended all the same', async () => {
  const worker = await start(`channel.onMessage(() => { channel.send('hanging'); for (;;); })`)
  const hanging = message(worker)
  const ended = exit(worker)
  worker.send('go')
  await hanging
  worker.kill()
  expect((await ended).code).not.toBe(0)
})

test('each start and each end is logged with its reason', async () => {
  const worker = await start(`channel.onMessage((code) => process.exit(code))`)
  const ended = exit(worker)
  worker.send(3)
  await ended
  expect(logged).toEqual(['process.started Sightline pictures', 'process.ended Sightline pictures exit code 3'])
})

test('a worker that V8 ends for want of memory is heard, and is no uncaught error of the app', async () => {
  const worker = await start(`channel.onMessage(() => process.abort())`)
  const ended = exit(worker)
  worker.send('go')
  expect((await ended).code).not.toBe(0)
  expect(logged[1]).toContain('process.failed Sightline pictures FatalError')
  expect(logged[2]).toContain('process.ended Sightline pictures FatalError')
})

test('the last words of a worker come before its end is told', async () => {
  const worker = await start(
    `channel.onMessage(() => { for (let n = 0; n < 50; n++) channel.send(n); process.exit(0) })`,
  )
  const heard: unknown[] = []
  worker.onMessage((message) => void heard.push(message))
  const ended = exit(worker)
  worker.send('go')
  await ended
  expect(heard).toHaveLength(50)
})

test('a worker whose core is gone ends', async () => {
  const worker = await start(`channel.onMessage(() => { channel.send('hanging'); for (;;); })`)
  const hanging = message(worker)
  const ended = exit(worker)
  worker.send('go')
  await hanging
  workers.endAll()
  await ended
})

test('a worker that cannot be started ends', async () => {
  const missing = utilityWorkers(mkdtempSync(join(tmpdir(), 'sightline-none-')), noLog)
  expect(await exit(forkedWorkers(await overLine(missing))('media'))).toMatchObject({ code: 1 })
})
