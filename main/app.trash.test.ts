import { Readable } from 'node:stream'
import sharp from 'sharp'
import { beforeEach, describe, expect, test } from 'vitest'
import { TRASH_DAYS } from '#contract'
import type { Attachment } from '#contract'
import { openStore } from './lib/database/index.ts'
import { forkWorker } from './nodePorts.ts'
import { app, client, code, ended, engine, first, folder, open, snapshot, until, words } from './testing/coreTestbed.ts'
import { reopen } from './testing/coreTestbed.ts'
import { testPorts } from './testing/testPorts.ts'

const titles = async () => {
  const event = await first(client.conversations.watchList())
  return event.type === 'snapshot' ? event.conversations.map(({ title }) => title).sort() : []
}
const answer = async (question: string, parts = words(question)) => {
  const sent = await client.ask.send({ conversationId: null, parts })
  const events = await client.conversations.watch({ id: sent.conversationId })
  ;(await engine.nextAnswer()).finish()
  await until(events, ended)
  return sent.conversationId
}

describe('the trash', () => {
  beforeEach(() => reopen({ spawnWorker: forkWorker }))
  async function picture(background: string): Promise<Attachment> {
    const bytes = await sharp({ create: { width: 60, height: 60, channels: 3, background } })
      .png()
      .toBuffer()
    return (await app.attachments.store(`${background}.png`, Readable.from([bytes]))) as Attachment
  }

  test('keeps pictures and what the engine computed until a conversation is deleted for good', async () => {
    const red = await picture('red')
    const asked = [...words('red'), { type: 'image' as const, sha: red.sha, name: red.name }]
    const id = await answer('red', asked as never)
    await client.conversations.discard({ ids: [id] })
    await reopen({ spawnWorker: forkWorker })
    expect(app.attachments.get(red.sha)).toEqual(red)
    expect([engine.forgotten, engine.forgottenMedia]).toEqual([[], []])
    await client.conversations.restore({ ids: [id] })
    expect((await snapshot(id)).messages).toHaveLength(2)

    await client.conversations.discard({ ids: [id] })
    await client.conversations.emptyTrash({ ids: null })
    expect(app.attachments.get(red.sha)).toBeNull()
    expect([engine.forgotten, engine.forgottenMedia]).toEqual([[id], [red.sha]])
    expect(await titles()).toEqual([])
  })

  test('is emptied of those that are named, and of nothing that is not in it', async () => {
    const [a, b, c] = [await answer('a'), await answer('b'), await answer('c')]
    await client.conversations.discard({ ids: [a, b] })
    await client.conversations.emptyTrash({ ids: [a, c, 'gone'] })
    expect(await titles()).toEqual(['b', 'c'])
    await expect(client.conversations.watch({ id: a })).rejects.toEqual(code('NotFound'))
    await client.conversations.emptyTrash({ ids: null })
    expect(await titles()).toEqual(['c'])
    await client.conversations.emptyTrash({ ids: null })
    await expect(client.conversations.discard({ ids: [] })).rejects.toEqual(code('InvalidInput'))
  })

  test('stops an answer that is written, with its text, and takes no question', async () => {
    const sent = await client.ask.send({ conversationId: null, parts: words('Count') })
    const running = await engine.nextAnswer()
    running.text('one, two')
    await client.conversations.discard({ ids: [sent.conversationId] })
    await running.aborted
    expect((await snapshot(sent.conversationId)).messages[1]).toMatchObject({
      status: 'stopped',
      parts: words('one, two'),
    })
    const refused = { conversationId: sent.conversationId, parts: words('And?') }
    await expect(client.ask.send(refused)).rejects.toEqual(code('InvalidInput'))
    await expect(client.ask.retry({ messageId: sent.answerId })).rejects.toEqual(code('InvalidInput'))
    const remedy = client.ask.retry({ messageId: sent.answerId, remedy: 'detail' })
    await expect(remedy).rejects.toEqual(code('InvalidInput'))
  })

  test('is left after thirty days, with all that was held, and not before', async () => {
    const red = await picture('red')
    const asked = [...words('old'), { type: 'image' as const, sha: red.sha, name: red.name }]
    const [old, young] = [await answer('old', asked as never), await answer('young')]
    await client.conversations.discard({ ids: [old, young] })
    await app.close()
    const store = openStore(testPorts(folder.path).paths.data)
    const days = (count: number) => Date.now() - count * 86_400_000
    const move = store.db.prepare('UPDATE conversations SET deleted_at = ? WHERE id = ?')
    move.run(days(TRASH_DAYS) - 1, old)
    move.run(days(TRASH_DAYS - 1), young)
    store.close()
    open({ spawnWorker: forkWorker })
    await expect.poll(titles).toEqual(['young'])
    await expect.poll(() => app.attachments.get(red.sha)).toBeNull()
  })
})
