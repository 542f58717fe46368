import { readFileSync } from 'node:fs'
import type { AppError, ConversationEvent, EngineStatus, Message, QuestionPart } from '#contract'
import { afterEach, beforeEach, expect } from 'vitest'
import { createApp } from '../../app.ts'
import type { App } from '../../app.ts'
import type { Engine } from '../../engine/index.ts'
import { forkWorker } from '../../nodePorts.ts'
import type { SpawnWorker, WorkerName, WorkerProcess } from '../../ports.ts'
import { createMemoryClient } from '../../rpc/memoryClient.ts'
import type { Client } from '../../rpc/memoryClient.ts'
import { goldenModel } from '../../testing/engineGoldens.ts'
import type { Family } from '../../testing/engineGoldens.ts'
import { greedy, samplePath } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { testPorts } from '../../testing/testPorts.ts'
import { firstMatching } from '../../testing/until.ts'

/**
 * The whole core with real parts, opened anew for each test of the file that imports this, and two windows on it. A
 * promise that is rejected with nobody listening fails the test: it would end the process of a shell.
 */
let folder: ReturnType<typeof tempFolder>
export let app: App
/** The first and the second window. */
export let one: Client
export let two: Client
/** The worker processes that were started, the latest last. */
let workers: (WorkerProcess & { readonly name: WorkerName })[]
const closers: (() => void)[] = []
let unheard: unknown[]
const listen = (error: unknown) => void unheard.push(error)

beforeEach(() => {
  folder = tempFolder()
  unheard = []
  process.on('unhandledRejection', listen)
})
afterEach(async () => {
  closers.splice(0).forEach((close) => close())
  await app.close()
  await new Promise(setImmediate)
  process.off('unhandledRejection', listen)
  folder.remove()
  expect(unheard).toEqual([])
})

/** Opens the core on the test's data folder: once more, as after a restart. */
export function open(
  engines: { engine?: Engine; second?: Engine } = {},
  { resources }: { resources?: string } = {},
): void {
  workers = []
  const spawnWorker: SpawnWorker = (name) => {
    const worker = { name, ...forkWorker(name) }
    workers.push(worker)
    return worker
  }
  const ports = testPorts(folder.path, { spawnWorker })
  app = createApp({ ...ports, paths: { ...ports.paths, ...(resources ? { resources } : {}) } }, engines)
  const windows = [createMemoryClient(app.serve), createMemoryClient(app.serve)]
  one = windows[0]!.client
  two = windows[1]!.client
  closers.push(...windows.map(({ close }) => close))
}

/** A path in the test's own folder. */
export const inFolder = (...names: string[]): string => [folder.path, ...names].join('/')

/** The engine processes that were started. */
export const engineProcesses = () => workers.filter(({ name }) => name === 'engine')

/** A part of words. */
export const textPart = (text: string): QuestionPart => ({ type: 'text', text })

/** Stores a sample picture of the app, e.g. `red-circle`, as a dropped one is. */
export async function drop(name: string): Promise<QuestionPart> {
  const bytes = readFileSync(samplePath(name))
  async function* body() {
    yield bytes
  }
  const { sha } = await app.attachments.store(`${name}.png`, body())
  return { type: 'image', sha, name: `${name}.png` }
}

/** Makes a tiny model with random weights the current one: it writes on until it is stopped or its context is full. */
export async function chatty(family: Family = 'qwen2vl'): Promise<string> {
  const { textPath, projectorPath } = goldenModel(family)
  await one.settings.update({ maxTokens: 100_000, sampling: greedy })
  return (await one.models.add({ textPath, projectorPath: projectorPath ?? null })).id
}

/** The next moment at which the engine's status matches, as a window hears of it. */
export const engineIs = (matches: (status: EngineStatus) => boolean): Promise<EngineStatus> =>
  firstMatching(one.engine.watch(), matches)

/** Whether an event says that the answer `id` has ended. */
const endOf =
  (id: string) =>
  (event: ConversationEvent): boolean =>
    messagesOf(event).some((message) => message.id === id && message.status !== 'streaming')

/** An answer once it has ended, as `window` sees it. */
export async function ended(sent: { conversationId: string; answerId: string }, window = one): Promise<Message> {
  const event = await firstMatching(window.conversations.watch({ id: sent.conversationId }), endOf(sent.answerId))
  return messagesOf(event).find(({ id }) => id === sent.answerId)!
}

const messagesOf = (event: ConversationEvent): readonly Message[] =>
  event.type === 'snapshot' ? [...event.messages, ...event.others] : event.type === 'message' ? [event.message] : []

/** The words of a message. */
export const textOf = ({ parts }: Message): string =>
  parts.map((part) => (part.type === 'text' ? part.text : '')).join('')

/** The titles of all conversations. */
export async function titles(): Promise<string[]> {
  const event = await firstMatching(one.conversations.watchList(), ({ type }) => type === 'snapshot')
  return event.type === 'snapshot' ? event.conversations.map(({ title }) => title) : []
}

/** How a call ended: its value, or the code of its error. */
export const outcome = <T>(call: Promise<T>): Promise<T | string> =>
  call.catch((error: unknown) => (error as AppError).code ?? String(error))

/** An error with a code. */
export const code = (value: string) => expect.objectContaining({ code: value }) as AppError
