import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, readdirSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, test } from 'vitest'
import type { Attachment } from '#contract'
import { createApp } from './app.ts'
import { forkWorker } from './nodePorts.ts'
import { createMemoryClient } from './rpc/memoryClient.ts'
import {
  app,
  client,
  code,
  ended,
  engine,
  folder,
  open,
  reopen,
  snapshot,
  texts,
  until,
  words,
} from './testing/coreTestbed.ts'
import { ScriptedEngine } from './testing/scriptedEngine.ts'
import { testPorts } from './testing/testPorts.ts'

test('the host is described as the shell has it', async () => {
  expect(await client.host.describe()).toMatchObject({
    name: 'Test',
    attachments: 'test://attachments/',
    capabilities: { fileDialogs: false, capture: false },
  })
  await expect(client.host.pickFile({ title: 'Model', extensions: ['gguf'] })).rejects.toEqual(code('NotYetSupported'))
  await reopen({ dialogs: { pickFile: async ({ extensions }) => `/picked.${extensions[0]}` } })
  expect((await client.host.describe()).capabilities.fileDialogs).toBe(true)
  expect(await client.host.pickFile({ title: 'Model', extensions: ['gguf'] })).toBe('/picked.gguf')
})

test('the idle time of the settings is applied at once, and after a restart', async () => {
  expect(engine.idleUnloadMs).toBe(15 * 60_000)
  await client.settings.update({ engineIdleMinutes: 5 })
  expect(engine.idleUnloadMs).toBe(5 * 60_000)
  await client.settings.update({ engineIdleMinutes: null })
  expect(engine.idleUnloadMs).toBeNull()
  await reopen()
  expect(engine.idleUnloadMs).toBeNull()
  await expect(client.settings.update({ engineIdleMinutes: 0 })).rejects.toEqual(code('InvalidInput'))
})

test('what the user asks in the shell’s own menus reaches every window that listens then', async () => {
  await reopen({ host: { ...testPorts(folder.path).host, tray: true } })
  expect((await client.host.describe()).capabilities.tray).toBe(true)
  app.command({ type: 'newConversation' })
  const other = createMemoryClient(app.serve).client
  const streams = await Promise.all([client.host.watch(), other.host.watch()])
  const told = streams.map((stream) => stream.next())
  app.command({ type: 'newConversation' })
  expect(await Promise.all(told)).toEqual([1, 2].map(() => ({ done: false, value: { type: 'newConversation' } })))
})

test('a question about a stored picture is answered, and all of it is there after a restart', async () => {
  await reopen({ spawnWorker: forkWorker })
  const path = resolve(import.meta.dirname, '../resources/samples/red-circle.png')
  const attachment = (await app.attachments.store('red-circle.png', createReadStream(path))) as Attachment
  const parts = [{ type: 'image' as const, sha: attachment.sha, name: attachment.name }, ...words('What is it?')]
  const sent = await client.ask.send({ conversationId: null, parts })
  const events = await client.conversations.watch({ id: sent.conversationId })
  const answer = await engine.nextAnswer()
  expect(answer.request.messages[0]?.content[0]).toEqual({
    type: 'image',
    source: {
      path: app.attachments.pathOf(attachment.sha),
      digest: attachment.sha,
      size: { width: attachment.width, height: attachment.height },
      name: 'red-circle.png',
    },
  })
  answer.text('A red circle.')
  answer.finish()
  await until(events, ended)
  await reopen()
  expect(await texts(sent.conversationId)).toEqual(['[red-circle.png]What is it?', 'A red circle.'])
  expect(app.attachments.get(attachment.sha)).toEqual(attachment)
  expect(await client.conversations.search({ query: 'red circle' })).toMatchObject([
    { conversation: { id: sent.conversationId } },
  ])
})

describe('the data folder', () => {
  test('a second app on it is Busy; the first goes on', async () => {
    expect(() => createApp(testPorts(folder.path), { engine: new ScriptedEngine() })).toThrow(code('Busy'))
    expect(await client.models.list()).toHaveLength(1)
  })

  test('a damaged store is reported and kept', async () => {
    await app.close()
    const data = join(folder.path, 'data')
    writeFileSync(join(data, 'sightline.db'), 'gibberish '.repeat(2000))
    const before = readdirSync(data)
    expect(() => createApp(testPorts(folder.path), { engine: new ScriptedEngine() })).toThrow(code('StorageFailed'))
    expect(readdirSync(data)).toEqual(expect.arrayContaining(before.filter((name) => !/-(wal|shm)$/.test(name))))
    folder.remove()
    await mkdir(folder.path)
    open()
  })

  test('closing twice is one closing, ends the streams and marks the answer as interrupted', async () => {
    const sent = await client.ask.send({ conversationId: null, parts: words('one') })
    const events = await client.conversations.watch({ id: sent.conversationId })
    const answer = await engine.nextAnswer()
    answer.text('half')
    await until(events, (event) => event.type === 'text')
    expect(app.close()).toBe(app.close())
    await app.close()
    await answer.aborted
    open()
    expect((await snapshot(sent.conversationId)).messages[1]).toMatchObject({
      status: 'interrupted',
      error: { code: 'Interrupted' },
      parts: words('half'),
    })
  })
})

test.each([
  ['text', ''],
  ['reasoning', '<'],
] as const)('every %s that was shown is in the store after SIGKILL, wherever it strikes', async (writes, before) => {
  await app.close()
  const module = (name: string) => JSON.stringify(new URL(name, import.meta.url).href)
  const script = `
    import { createApp } from ${module('./app.ts')}
    import { answerUntilKilled } from ${module('./testing/answerUntilKilled.ts')}
    await answerUntilKilled(createApp, process.argv[1], '${writes}')`
  const shown = new Map<string, { conversationId: string; answerId: string; text: string }>()
  for (const lines of [1, 4, 9]) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let left = lines
    for await (const line of createInterface({ input: child.stdout })) {
      const { conversationId, answerId, offset, text } = JSON.parse(line) as {
        conversationId: string
        answerId: string
        offset: number
        text: string
      }
      const earlier = shown.get(answerId)?.text ?? ''
      expect(offset).toBe(earlier.length)
      shown.set(answerId, { conversationId, answerId, text: earlier + text })
      if (--left === 0) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    expect(child.signalCode).toBe('SIGKILL')
  }
  open()
  expect(shown.size).toBe(3)
  for (const { conversationId, text } of shown.values()) {
    const { messages } = await snapshot(conversationId)
    expect(messages[1]).toMatchObject({ status: 'interrupted', error: { code: 'Interrupted' } })
    expect((await texts(conversationId))[1]?.startsWith(before + text)).toBe(true)
    expect(text.length).toBeGreaterThan(0)
  }
})
