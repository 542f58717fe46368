import { createHash, randomUUID } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeEach, expect, test } from 'vitest'
import type { FileToImport, ImportReport } from '#contract'
import { forkWorker } from './nodePorts.ts'
import { app, client, code, ended, engine, folder, reopen, snapshot, until, words } from './testing/coreTestbed.ts'
import { samplePath } from './testing/engineRequests.ts'
import { testPorts } from './testing/testPorts.ts'

beforeEach(() => reopen({ spawnWorker: forkWorker }))

const send = (upload: string, bytes: Uint8Array) =>
  app.receive(`test://attachments/imports/${upload}`, Readable.from([bytes]))
const run = async (...files: FileToImport[]): Promise<ImportReport> => {
  for await (const event of await client.exchange.import({ files })) if (event.type === 'done') return event.report
  throw new Error('The import told no report.')
}
const kept = () => {
  try {
    return readdirSync(join(folder.path, 'data', 'exchange'))
  } catch {
    return []
  }
}

test('a removed conversation comes back from its export, and the window hears of it', async () => {
  const bytes = readFileSync(samplePath('red-circle'))
  const picture = await app.attachments.store('circle.png', Readable.from([bytes]))
  const parts = [{ type: 'image' as const, sha: picture.sha, name: 'circle.png' }, ...words('What?')]
  const sent = await client.ask.send({ conversationId: null, parts })
  const events = await client.conversations.watch({ id: sent.conversationId })
  const answer = await engine.nextAnswer()
  answer.text('A circle')
  answer.finish()
  await until(events, ended)
  const before = await snapshot(sent.conversationId)

  const exported = await client.exchange.export({ ids: [sent.conversationId], format: 'json' })
  expect(exported).toMatchObject({ name: 'What_.zip', conversations: 1, leftOut: [] })
  const file = await app.attachments.open(exported.sha)
  const zip = readFileSync(file.path)
  expect(createHash('sha256').update(zip).digest('hex')).toBe(exported.sha)

  await client.conversations.remove({ id: sent.conversationId })
  await expect(app.attachments.open(picture.sha)).rejects.toEqual(code('NotFound'))
  const list = await client.conversations.watchList()
  const upload = randomUUID()
  await send(upload, zip)
  expect(await run({ name: 'What_.zip', upload })).toMatchObject({ count: 1, messages: 2, pictures: 1 })
  const heard = await until(list, (event) => event.type === 'upsert')
  expect(heard).toMatchObject({ conversation: { id: sent.conversationId, title: 'What?' } })
  const { seq: _, ...after } = await snapshot(sent.conversationId)
  expect(after).toEqual({ ...after, conversation: before.conversation, messages: before.messages })
  expect(readFileSync((await app.attachments.open(picture.sha)).path)).toEqual(bytes)
  // the upload is gone, the export waits to be fetched
  await expect(run({ name: 'What_.zip', upload })).rejects.toEqual(code('NotFound'))
  expect(kept().length).toBe(1)
  await reopen({ spawnWorker: forkWorker })
  expect(kept()).toEqual([])
  await expect(app.attachments.open(exported.sha)).rejects.toEqual(code('NotFound'))
})

test('a system prompt of an imported conversation goes on as its preset, once', async () => {
  const message = { id: 'q', parentId: null, childrenIds: [], role: 'user', content: 'Hello' }
  const history = { messages: { q: message }, currentId: 'q' }
  const chat = { id: 'c', title: 'C', chat: { params: { system: 'Be short' }, history } }
  const bring = async () => {
    const upload = randomUUID()
    await send(upload, Buffer.from(JSON.stringify([chat])))
    return run({ name: 'chat-export.json', upload })
  }
  const { imported } = await bring()
  const conversationId = imported[0]!.id
  const preset = async () => (await client.drafts.get({ conversationId })).draft.preset
  expect(await preset()).toEqual({ name: 'Imported', systemPrompt: 'Be short' })
  await client.drafts.save({ conversationId, draft: { text: 'x', media: [], format: null, compareWith: null } })
  expect(await bring()).toMatchObject({ count: 0, alreadyHere: 1 })
  expect(await preset()).toBeUndefined()
})

test('what cannot be imported is refused, and its upload goes', async () => {
  const upload = randomUUID()
  await send(upload, Buffer.from('{"a": 1}'))
  await expect(send(upload, Buffer.from('again'))).rejects.toEqual(code('Busy'))
  await expect(run({ name: 'a.json', upload })).rejects.toEqual(code('InvalidInput'))
  expect(kept()).toEqual([])
  await expect(client.exchange.export({ ids: null, format: 'html' })).rejects.toEqual(code('InvalidInput'))
  expect(kept()).toEqual([])
})

test('files are read by their path where the user gave them to a window, and never else', async () => {
  const path = join(folder.path, 'chats.json')
  const history = { currentId: 'q', messages: { q: { parentId: null, role: 'user', content: 'Hello' } } }
  writeFileSync(path, JSON.stringify([{ id: 'c', chat: { history } }]))
  app.giveFile(path)
  await expect(run({ name: 'chats.json', path })).rejects.toEqual(code('InvalidInput'))
  const { host } = testPorts(folder.path)
  await reopen({ spawnWorker: forkWorker, host: { ...host, filePaths: true } })
  await expect(run({ name: 'chats.json', path })).rejects.toEqual(code('InvalidInput'))
  app.giveFile(path)
  expect(await run({ name: 'chats.json', path })).toMatchObject({ count: 1, imported: [{ title: 'Hello' }] })
})
