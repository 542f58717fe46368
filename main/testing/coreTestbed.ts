import { expect, afterEach, beforeEach } from 'vitest'
import type { AppError, ConversationEvent } from '#contract'
import { createApp } from '../app.ts'
import type { App } from '../app.ts'
import type { Ports } from '../ports.ts'
import { createMemoryClient } from '../rpc/memoryClient.ts'
import type { Client } from '../rpc/memoryClient.ts'
import type { Surroundings } from '../services/models/index.ts'
import { ScriptedEngine } from './scriptedEngine.ts'
import { tempFolder } from './tempFolder.ts'
import { testPorts } from './testPorts.ts'

/** The whole core but for the engine, opened anew for each test of the file that imports this, and one window's client. */
export let folder: ReturnType<typeof tempFolder>
export let engine: ScriptedEngine
export let app: App
export let client: Client

beforeEach(() => {
  folder = tempFolder()
  open()
})
afterEach(async () => {
  await app.close()
  folder.remove()
})

/** Opens it on the test's data folder, which nothing has open. */
export function open(
  overrides: Partial<Ports> = {},
  parts: { engine?: ScriptedEngine; surroundings?: Surroundings } = {},
): void {
  engine = parts.engine ?? new ScriptedEngine()
  app = createApp(testPorts(folder.path, overrides), { ...parts, engine })
  client = createMemoryClient(app.serve).client
}
/** Closes it and opens it again, as a restart does. */
export async function reopen(overrides: Partial<Ports> = {}): Promise<void> {
  await app.close()
  open(overrides)
}

/** A question of words. */
export const words = (text: string) => [{ type: 'text' as const, text }]
/** Matches an error by its code. */
export const code = (value: string) => expect.objectContaining({ code: value }) as AppError

/** What a stream tells first. */
export async function first<T>(stream: Promise<AsyncIterable<T>>): Promise<T> {
  for await (const event of await stream) return event
  throw new Error('The stream was empty.')
}
/** The next event that matches. */
export async function until<T>(stream: AsyncIterator<T>, matches: (event: T) => boolean): Promise<T> {
  for (;;) {
    const { value, done } = await stream.next()
    if (done) throw new Error('The stream ended.')
    if (matches(value)) return value
  }
}
/** Whether an event says that an answer has ended. */
export const ended = (event: ConversationEvent) =>
  event.type === 'message' && event.message.role === 'assistant' && event.message.status !== 'streaming'
/** A conversation as somebody finds it who comes to it now. */
export async function snapshot(id: string): Promise<Extract<ConversationEvent, { type: 'snapshot' }>> {
  const event = await first(client.conversations.watch({ id }))
  if (event.type !== 'snapshot') throw new Error(`The first event is ${event.type}.`)
  return event
}
/** What its messages say, media by their names. */
export const texts = async (id: string) =>
  (await snapshot(id)).messages.map((message) =>
    message.parts
      .map((part) =>
        part.type === 'text'
          ? part.text
          : part.type === 'reasoning'
            ? `<${part.text}>`
            : `[${part.type === 'frames' ? part.name : part.attachment.name}]`,
      )
      .join(''),
  )
