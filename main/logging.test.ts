import { createReadStream, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createApp } from './app.ts'
import type { App } from './app.ts'
import { createEngine } from './engine/index.ts'
import type { LogLine } from './lib/log/log.ts'
import { forkWorker } from './nodePorts.ts'
import type { Ports } from './ports.ts'
import { createMemoryClient } from './rpc/memoryClient.ts'
import type { Client } from './rpc/memoryClient.ts'
import { ScriptedEngine } from './testing/scriptedEngine.ts'
import { tempFolder } from './testing/tempFolder.ts'
import { testPorts } from './testing/testPorts.ts'

const SECRET = 'Quizzaciously'
const circle = resolve(import.meta.dirname, '../resources/samples/red-circle.png')

/** Only what hangs waits so long, ms. */
const PATIENT = { timeout: 120_000 }

let folder: ReturnType<typeof tempFolder>
let app: App
let client: Client
const logs = () => join(folder.path, 'data', 'logs')

function open(overrides: Partial<Ports> = {}, parts: Parameters<typeof createApp>[1] = {}): void {
  app = createApp(testPorts(folder.path, { spawnWorker: forkWorker, ...overrides }), parts)
  client = createMemoryClient(app.serve).client
}
beforeEach(() => {
  folder = tempFolder()
})
afterEach(async () => {
  await app.close()
  folder.remove()
})

const text = () =>
  readdirSync(logs())
    .map((name) => readFileSync(join(logs(), name), 'utf8'))
    .join('')
const lines = (): LogLine[] =>
  text()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LogLine)
const line = (event: string, fields: object): LogLine => {
  const found = lines().find((one) => {
    return one.event === event && Object.entries(fields).every(([name, value]) => one.fields?.[name] === value)
  })
  if (!found) throw new Error(`There is no line ${event} ${JSON.stringify(fields)} in\n${text()}`)
  return found
}

async function answerOf(conversationId: string): Promise<string> {
  for await (const event of await client.conversations.watch({ id: conversationId })) {
    const messages = event.type === 'snapshot' ? event.messages : event.type === 'message' ? [event.message] : []
    const ended = messages.find(({ role, status }) => role === 'assistant' && status !== 'streaming')
    if (ended) return ended.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  }
  throw new Error('The answer did not end.')
}
const ask = (question: string, image: { sha: string; name: string }) =>
  client.ask.send({
    conversationId: null,
    parts: [
      { type: 'image', ...image },
      { type: 'text', text: question },
    ],
  })

test('one request is followed through core, media worker and engine', async () => {
  open()
  const { sha } = await app.attachments.store('circle.png', createReadStream(circle))
  const { conversationId } = await ask('What is in the picture?', { sha, name: 'circle.png' })
  expect(await answerOf(conversationId)).toMatch(/circle/)
  await app.close()

  const stored = line('call', { procedure: 'attachments.store' }).request
  expect(stored).toMatch(/^[0-9a-f]{10}$/)
  expect(line('work', { op: 'thumbnail' })).toMatchObject({ part: 'media', request: stored })
  const asked = line('call', { procedure: 'ask.send' })
  expect(asked).toMatchObject({ part: 'core' })
  expect(asked.request).not.toBe(stored)
  expect(line('work', { op: 'answer' })).toMatchObject({ part: 'engine', request: asked.request })
  expect(line('plan', {})).toMatchObject({ part: 'engine', request: asked.request })
  expect(line('state.entered', { why: 'nothing saved' })).toMatchObject({ part: 'engine', request: asked.request })
  for (const process of ['engine', 'media']) line('process.started', { process })
  expect(line('process.ended', { process: 'media', wasKilled: true })).not.toHaveProperty('request')
  line('engine.state', { state: 'ready' })
  expect(lines().at(-1)).toMatchObject({ event: 'core.closed' })
})

test('a file that is stored from its path is followed to its end, as one that comes as bytes', async () => {
  const { host } = testPorts(folder.path)
  open({ host: { ...host, filePaths: true } }, { engine: new ScriptedEngine() })
  app.giveFile(circle)
  const events = await client.attachments.storeFile({ path: circle, bytes: statSync(circle).size })
  for await (const { type } of events) if (type === 'stored') break
  await app.close()
  const { request, fields } = line('call.ended', { procedure: 'attachments.storeFile' })
  expect(request).toMatch(/^[0-9a-f]{10}$/)
  expect(line('work', { op: 'thumbnail' })).toMatchObject({ part: 'media', request })
  const opened = line('call', { procedure: 'attachments.storeFile' })
  expect(opened.request).toBe(request)
  expect(Number(fields?.['ms'])).toBeGreaterThan(Number(opened.fields?.['ms']))
})

test('a worker whose shell starts it later is told with its number', async () => {
  const { promise: started, resolve: start } = Promise.withResolvers<number>()
  open({
    spawnWorker: (name) => {
      const worker = forkWorker(name)
      return { ...worker, pid: undefined, started: name === 'media' ? started : worker.started }
    },
  })
  await app.attachments.store('circle.png', createReadStream(circle))
  start(4711)
  await app.close()
  expect(line('process.started', { process: 'media' }).fields).toMatchObject({ pid: 4711 })
  expect(line('process.started', { process: 'media' })).not.toHaveProperty('request')
})

test('what is asked, answered, named, searched and refused leaves no trace', async () => {
  const engine = new ScriptedEngine()
  open({}, { engine })
  const { sha } = await app.attachments.store(`${SECRET}.png`, createReadStream(circle))
  const broken = Readable.from([readFileSync(circle).subarray(0, 300)])
  await expect(app.attachments.store(`${SECRET}.png`, broken)).rejects.toThrow(SECRET)
  const { conversationId } = await ask(`What is ${SECRET}?`, { sha, name: `${SECRET}.png` })
  const answer = await engine.nextAnswer()
  answer.text(`It is ${SECRET}.`)
  answer.finish()
  expect(await answerOf(conversationId)).toContain(SECRET)
  await client.conversations.rename({ id: conversationId, title: SECRET })
  await client.conversations.search({ query: SECRET })
  await client.settings.update({ systemPrompt: SECRET })
  await client.ask.checkFormat({ schema: `{"type":"${SECRET}"}` }).catch(() => {})
  await client.models.add({ textPath: `/${SECRET}.gguf`, projectorPath: null }).catch(() => {})
  await client.catalogue.setToken({ source: 'huggingface', token: SECRET }).catch(() => {})
  await client.catalogue.repository({ address: `${SECRET} ${SECRET}` }).catch(() => {})
  await client.library.rename({ id: SECRET, name: SECRET }).catch(() => {})
  const report = JSON.stringify(await client.diagnostics.read())
  await app.close()
  line('call.failed', { procedure: 'attachments.store', code: 'DamagedMedia' })
  line('work.failed', { op: 'probe' })
  line('call.failed', { procedure: 'library.rename' })
  for (const kept of [text(), report]) expect(kept.toLowerCase()).not.toContain(SECRET.toLowerCase())
})

test('the real engine and its llama.cpp name neither the question, the file nor the answer', async () => {
  open()
  const { sha } = await app.attachments.store(`${SECRET}.png`, createReadStream(circle))
  const { conversationId } = await ask(`${SECRET}: what is in the picture?`, { sha, name: `${SECRET}.png` })
  const answer = await answerOf(conversationId)
  const model = { textPath: join(folder.path, `${SECRET}.gguf`), projectorPath: null }
  writeFileSync(model.textPath, `GGUF ${SECRET}`)
  await expect(client.models.add(model)).rejects.toThrow()
  await app.close()
  expect(text()).not.toContain(SECRET)
  expect(text()).not.toContain(answer)
})

test('a worker that dies is told with its signal, and the call that it failed', async () => {
  const pids: number[] = []
  open({
    spawnWorker: (name) => {
      const worker = forkWorker(name)
      if (name === 'media') pids.push(worker.pid!)
      return worker
    },
  })
  const { sha } = await app.attachments.store('circle.png', createReadStream(circle))
  process.kill(pids[0]!, 'SIGKILL')
  await expect.poll(() => text(), PATIENT).toContain('process.ended')
  expect(line('process.ended', { process: 'media' })).toMatchObject({
    level: 'error',
    fields: { signal: 'SIGKILL', wasKilled: false },
  })
  expect(app.attachments.get(sha as never)).not.toBeNull()
})

test('a log that cannot be written harms nothing and is told', async () => {
  open({}, { engine: new ScriptedEngine() })
  await app.close()
  const data = join(folder.path, 'data')
  rmSync(logs(), { recursive: true, force: true })
  writeFileSync(join(data, 'logs'), 'not a folder')
  open({}, { engine: new ScriptedEngine() })
  await client.conversations.search({ query: 'nothing' })
  await expect
    .poll(async () => JSON.stringify((await client.diagnostics.read()).sections), PATIENT)
    .toMatch(/cannot be written \((ENOTDIR|EEXIST)\)/)
})

test('diagnostics tell versions, devices, sizes, the plan and the log, without the home folder', async () => {
  const revealed: string[] = []
  open(
    { files: { reveal: async (path) => void revealed.push(path) } },
    {
      engine: createEngine({ spawn: forkWorker, cachePath: join(folder.path, 'cache'), backend: 'cpu' }),
    },
  )
  await client.engine.load({})
  await client.library.rename({ id: 'nobody', name: 'x' }).catch(() => {})
  await expect.poll(async () => (await client.diagnostics.read()).errors.length, PATIENT).toBeGreaterThan(0)
  const { sections, errors, log, logFolder } = await client.diagnostics.read()
  const values = Object.fromEntries(sections.flatMap(({ rows }) => rows.map(({ name, value }) => [name, value])))
  expect(values).toMatchObject({
    Test: '0.0.0',
    Node: process.versions.node,
    'llama.cpp': expect.stringMatching(/^v\d/),
    sharp: expect.stringMatching(/^\d+\.\d+/),
    libvips: expect.stringMatching(/^\d+\.\d+/),
    SQLite: expect.stringMatching(/^3\./),
    koffi: expect.stringMatching(/^\d+\./),
    State: 'ready',
    'Computes on': expect.stringContaining('CPU'),
    'Layers on the GPU': expect.stringMatching(/^0 of \d+$/),
    Conversations: expect.stringMatching(/kB$/),
  })
  expect(values['ffmpeg']).toBeTruthy()
  expect(errors[0]).toContain('library.rename')
  expect(log.some((entry) => entry.includes('core.started'))).toBe(true)
  expect(logFolder).toContain('logs')
  const told = JSON.stringify({ sections, errors, log, logFolder })
  if (homedir().length > 1) expect(told).not.toContain(homedir())
  expect(told).not.toContain(`/${userInfo().username}/`)
  await client.diagnostics.showLogs()
  expect(revealed).toEqual([join(logs(), 'core.log')])
})

test('a shell without a file manager says where the log is', async () => {
  open({}, { engine: new ScriptedEngine() })
  await expect(client.diagnostics.showLogs()).rejects.toMatchObject({ code: 'NotYetSupported' })
})
