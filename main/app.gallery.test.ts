import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AppError } from '#contract'
import { createApp } from './app.ts'
import type { App } from './app.ts'
import { forkWorker } from './nodePorts.ts'
import { createMemoryClient } from './rpc/memoryClient.ts'
import type { Client } from './rpc/memoryClient.ts'
import { samplePath } from './testing/engineRequests.ts'
import { tempFolder } from './testing/tempFolder.ts'
import { testPorts } from './testing/testPorts.ts'
import { firstMatching } from './testing/until.ts'

let folder: ReturnType<typeof tempFolder>
let app: App
let client: Client
beforeEach(() => {
  folder = tempFolder()
  app = createApp(testPorts(folder.path, { spawnWorker: forkWorker }))
  client = createMemoryClient(app.serve).client
})
afterEach(async () => {
  await app.close()
  folder.remove()
})

/** Asks about a sample picture; returns its digest once the answer has ended. */
async function asked(sample: string, question: string): Promise<string> {
  const bytes = readFileSync(samplePath(sample))
  const { sha } = await app.attachments.store('IMG_1.png', Readable.from([bytes]))
  const parts = [
    { type: 'image' as const, sha, name: 'IMG_1.png' },
    { type: 'text' as const, text: question },
  ]
  const { conversationId, answerId } = await client.ask.send({ conversationId: null, parts })
  await firstMatching(
    client.conversations.watch({ id: conversationId }),
    (event) => event.type === 'message' && event.message.id === answerId && event.message.status === 'complete',
  )
  return sha
}

test('the demo model describes a picture on request, and search finds it by that', async () => {
  const sha = await asked('red-circle', 'How many shapes are there?')
  const search = async () => (await client.conversations.search({ query: 'red circle' })).flatMap(({ hits }) => hits)
  expect(await search()).toEqual([])
  const { description } = await client.gallery.describe({ sha })
  expect(description).toMatch(/red circle/i)
  expect(await search()).toMatchObject([{ in: 'picture', picture: { sha, name: 'IMG_1.png' } }])
  expect(await client.gallery.list({})).toMatchObject({ total: 1, items: [{ description }] })
  expect(await client.gallery.described()).toEqual({ pictures: 1, described: 1 })
})

test('a picture that is not stored is refused', async () => {
  await expect(client.gallery.describe({ sha: 'a'.repeat(64) })).rejects.toEqual(
    expect.objectContaining({ code: 'NotFound' }) as AppError,
  )
})
