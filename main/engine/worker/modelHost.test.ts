import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { goldenModel } from '../../testing/engineGoldens.ts'
import { demoModel, requestOf, user } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { OFF, afterMessage } from '../client/engineState.ts'
import type { FromWorker } from '../protocol.ts'
import type { EngineState } from '../types.ts'
import { Aborted } from './aborted.ts'
import { ModelHost } from './modelHost.ts'
import type { Runtime } from './native/runtime.ts'
import { perform } from './perform.ts'
import type { QueuedJob, RunningJob } from './scheduler.ts'

const never = new AbortController().signal
const silent = { seen: () => {}, progress: () => {}, text: () => {}, reasoning: () => {}, reasoned: () => {} }
const folder = tempFolder()
/** What the first host was told that llama.cpp logged. It opens the libraries, which a process can do once. */
const told: { level: string; text: string }[] = []
const first = new ModelHost(
  () => {},
  (level, text) => told.push({ level, text }),
)
first.configure({ cachePath: join(folder.path, 'first'), backend: 'cpu', skip: [] })
const native = await first.libraries()
let cachePath: string
let made = 0
let sent: FromWorker[]
let host: ModelHost
beforeEach(() => {
  cachePath = join(folder.path, String(made++))
  sent = []
  host = new ModelHost((message) => sent.push(message))
  host.configure({ cachePath, backend: 'cpu', skip: [] })
})
afterEach(() => host.unload())
afterAll(() => folder.remove())

/** Has the host compute with some of llama.cpp's functions replaced. */
function replacing(replaced: Partial<Runtime['llama']>): void {
  host.runtime = Object.create(native, { llama: { value: { ...native.llama, ...replaced } } }) as Runtime
}
const long = (model = demoModel) => requestOf([user('a circle and a square '.repeat(30))], { model, maxTokens: 2 })
/** Loads the demo model and asks it in the conversation `a`. */
async function ask() {
  const { loaded } = await host.load(1, demoModel, { contextTokens: 4096 }, silent, never)
  await loaded.answer({ request: long(), conversation: 'a' }, silent, never, 0)
  return loaded
}
const stateFiles = () => readdirSync(join(cachePath, 'states'), { recursive: true, encoding: 'utf8' })
const stateCopies = (onCopy: () => void): Partial<Runtime['llama']> => ({
  stateGet: async (...args) => {
    onCopy()
    return native.llama.stateGet(...args)
  },
})

describe('a conversation that is removed', () => {
  test('while its model is being unloaded is not written', async () => {
    replacing({})
    await ask()
    const unloaded = host.unload()
    await host.forget('a')
    await unloaded
    expect(stateFiles).toThrow('ENOENT')
  })

  test('before a model is loaded again is not written by that one either', async () => {
    replacing({})
    await host.forget('a')
    await ask()
    await host.unload()
    expect(stateFiles).toThrow('ENOENT')
  })
})

test('a question for another model that is stopped while the state is saved leaves the model that was there', async () => {
  const stop = new AbortController()
  let copies = 0
  replacing(
    stateCopies(() => {
      copies++
      stop.abort(new Aborted())
    }),
  )
  const loaded = await ask()
  const job: QueuedJob = { op: 'answer', id: 2, request: long(goldenModel('qwen2vl')), conversation: 'b' }
  await expect(perform(job, runningOf(job, stop), performers())).rejects.toThrow(Aborted)
  expect(copies).toBe(1)
  expect(host.session).toBe(loaded)
  expect(host.isLoading).toBe(false)
  expect(stateAfter()).toMatchObject({ state: 'ready', model: demoModel })
})

test('a load that fails after its model is in memory does not stay "loading": the model is there', async () => {
  replacing({ contextInit: () => Promise.resolve(null) })
  const job: QueuedJob = { op: 'load', id: 1, model: demoModel, contextTokens: 4096, options: {} }
  await expect(perform(job, runningOf(job), performers())).rejects.toMatchObject({ code: 'OutOfMemory' })
  expect(sent.some(({ type }) => type === 'loading')).toBe(true)
  expect(stateAfter()).toMatchObject({ state: 'ready', model: demoModel, contextTokens: null })
})

test('what llama.cpp calls an error because it is made to stop is reported as information', async () => {
  const { loaded } = await first.load(1, demoModel, { contextTokens: 4096 }, silent, never)
  const stop = new AbortController()
  const progress = () => {
    stop.abort(new Aborted())
    first.setAbort(true)
  }
  const request = requestOf([user('a circle and a square '.repeat(600))], { maxTokens: 2 })
  const result = await loaded.answer({ request, conversation: 'a' }, { ...silent, progress }, stop.signal, 0)
  first.setAbort(false)
  await first.unload()
  expect(result.finishReason).toBe('aborted')
  expect(told.filter(({ level }) => level === 'error')).toEqual([])
  expect(told.filter(({ level }) => level === 'info').map(({ text }) => text)).toContainEqual(
    expect.stringMatching(/graph_compute|process_ubatch|llama_decode/),
  )
})

/** What the core shows after all that was sent. */
const stateAfter = (): EngineState => sent.reduce((state, message) => afterMessage(state, message, null), OFF)

const runningOf = ({ id, op }: QueuedJob, abort = new AbortController()): RunningJob => ({
  id,
  op,
  request: null,
  abort,
  isGuest: false,
  answered: false,
  onlyLoads: false,
  helping: null,
  progress: null,
})

const performers = () => ({
  host,
  scheduler: { letOthersRun: () => Promise.resolve(), modelLoaded: () => {} },
  send: (message: FromWorker) => void sent.push(message),
})
