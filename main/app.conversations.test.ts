import { createReadStream, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import SQLite from 'better-sqlite3'
import sharp from 'sharp'
import { beforeEach, describe, expect, test } from 'vitest'
import { emptySavedDraft } from '#contract'
import type { Attachment, QuestionPart, SavedDraft, SavedMedium } from '#contract'
import { forkWorker } from './nodePorts.ts'
import { createMemoryClient } from './rpc/memoryClient.ts'
import {
  app,
  client,
  code,
  ended,
  engine,
  first,
  folder,
  open,
  reopen,
  snapshot,
  until,
  words,
} from './testing/coreTestbed.ts'
import { testPorts } from './testing/testPorts.ts'

describe('conversations', () => {
  test('a snapshot taken in the middle equals what an earlier watcher pieced together', async () => {
    const sent = await client.ask.send({ conversationId: null, parts: words('Count') })
    const events = await client.conversations.watch({ id: sent.conversationId })
    const answer = await engine.nextAnswer()
    let text = ''
    for (let i = 0; i < 20; i++) {
      answer.text(`${i},`)
      const event = await until(events, (each) => each.type === 'text')
      if (event.type !== 'text') continue
      expect(event.offset).toBe(text.length)
      text += event.text
      const { messages } = await snapshot(sent.conversationId)
      expect(messages[1]).toMatchObject({ status: 'streaming', parts: words(text) })
    }
  })

  test('are renamed, branched and removed, and the list hears of it', async () => {
    const list = await client.conversations.watchList()
    const sent = await client.ask.send({ conversationId: null, parts: words('one') })
    const events = await client.conversations.watch({ id: sent.conversationId })
    ;(await engine.nextAnswer()).finish()
    await until(events, ended)
    const again = await client.ask.retry({ messageId: sent.answerId })
    await client.ask.stop({ messageId: again.answerId })
    await client.conversations.selectBranch({ messageId: sent.answerId })
    expect((await snapshot(sent.conversationId)).conversation.leafId).toBe(sent.answerId)
    expect(await client.conversations.rename({ id: sent.conversationId, title: '  Eins ' })).toMatchObject({
      title: 'Eins',
    })
    await client.conversations.remove({ id: sent.conversationId })
    await until(list, (event) => event.type === 'removed')
    await expect(client.conversations.watch({ id: sent.conversationId })).rejects.toEqual(code('NotFound'))
  })

  test('removing one while its answer streams stops the engine', async () => {
    const sent = await client.ask.send({ conversationId: null, parts: words('one') })
    const answer = await engine.nextAnswer()
    await client.conversations.remove({ id: sent.conversationId })
    await answer.aborted
    expect(engine.forgotten).toEqual([sent.conversationId])
    expect(await first(client.conversations.watchList())).toEqual({ type: 'snapshot', conversations: [] })
  })
})

test('a conversation that one window removes while another asks in it goes, and nothing is left to reject', async () => {
  const rejected: unknown[] = []
  const onRejected = (reason: unknown) => void rejected.push(reason)
  process.on('unhandledRejection', onRejected)
  const other = createMemoryClient(app.serve).client
  const { conversationId } = await client.ask.send({ conversationId: null, parts: words('one') })
  engine.stopsOnAbort = false
  const one = await engine.nextAnswer()
  one.text('half')
  const removing = client.conversations.remove({ id: conversationId })
  await one.aborted
  const refused = await other.ask.send({ conversationId, parts: words('two') }).catch((error: unknown) => error)
  one.finish()
  await removing
  for (let n = 0; n < 3; n++) await new Promise(setImmediate)
  process.off('unhandledRejection', onRejected)
  expect(rejected).toEqual([])
  expect(refused).toEqual(code('NotFound'))
  await expect(other.ask.send({ conversationId, parts: words('three') })).rejects.toEqual(code('NotFound'))
})

describe('the files of a conversation that is removed', () => {
  beforeEach(() => reopen({ spawnWorker: forkWorker }))
  const files = () =>
    readdirSync(join(testPorts(folder.path).paths.data, 'attachments'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .sort()
  const kept = (...stored: readonly Attachment[]) => stored.flatMap(({ sha }) => [sha, `${sha}.webp`]).sort()
  async function picture(background: string): Promise<Attachment> {
    const bytes = await sharp({ create: { width: 60, height: 60, channels: 3, background } })
      .png()
      .toBuffer()
    return (await app.attachments.store(`${background}.png`, Readable.from([bytes]))) as Attachment
  }
  const part = ({ sha, name }: Attachment) => ({ type: 'image' as const, sha, name })
  const ask = (...parts: QuestionPart[]) =>
    client.ask.send({ conversationId: null, parts: [...words('What?'), ...parts] })

  test('are gone at once; what another question or a draft holds stays', async () => {
    const [asked, framed, elsewhere, inDraft] = [
      await picture('red'),
      await picture('green'),
      await picture('cyan'),
      await picture('pink'),
    ]
    const frames = [framed, inDraft].map(({ sha }) => sha)
    const held = await ask(part(asked), part(elsewhere), { type: 'frames', name: 'Two', pictures: frames, fps: 1 })
    await client.drafts.save({ conversationId: null, draft: { ...emptySavedDraft, media: [part(inDraft)] } })
    const other = await ask(part(elsewhere))
    expect(files()).toEqual(kept(asked, framed, elsewhere, inDraft))
    await client.conversations.remove({ id: held.conversationId })
    expect(files()).toEqual(kept(elsewhere, inDraft))
    expect([asked, framed].map(({ sha }) => app.attachments.get(sha))).toEqual([null, null])
    expect(engine.forgottenMedia.sort()).toEqual([asked.sha, framed.sha].sort())
    await client.conversations.remove({ id: other.conversationId })
    expect(files()).toEqual(kept(inDraft))
  })

  test('stay while they may be in a question that no draft holds: fresh ones, those that came again, those of its draft', async () => {
    const [asked, again, fresh, composed] = [
      await picture('red'),
      await picture('green'),
      await picture('blue'),
      await picture('cyan'),
    ]
    const { conversationId } = await ask(part(asked), part(again), part(composed))
    const draft = { ...emptySavedDraft, media: [part(composed)] }
    await client.drafts.save({ conversationId, draft })
    const sentAt = Date.now()
    await expect.poll(() => Date.now()).toBeGreaterThan(sentAt)
    await picture('green')
    await client.conversations.remove({ id: conversationId })
    expect(files()).toEqual(kept(again, fresh, composed))
  })
})

describe('drafts', () => {
  beforeEach(() => reopen({ spawnWorker: forkWorker }))
  const draft = { ...emptySavedDraft, text: 'What is' }
  const store = async (name: string, path = 'red-circle.png') =>
    app.attachments.store(name, createReadStream(join(testPorts(folder.path).paths.resources, 'samples', path)))

  test('are kept for each conversation and for the next one, and are there after a restart', async () => {
    expect(await client.drafts.get({ conversationId: null })).toEqual({
      draft: emptySavedDraft,
      attachments: [],
      lost: [],
    })
    const { conversationId } = await client.ask.send({ conversationId: null, parts: words('one') })
    const picture = await store('red.png')
    const marks = [{ type: 'point' as const, x: 0.5, y: 0.25, label: 'Point 1' }]
    const medium = { type: 'image' as const, sha: picture.sha, name: 'red.png', marks }
    const format = { name: 'Count', schema: '{"type": "integer"}' }
    await client.drafts.save({ conversationId: null, draft })
    await client.drafts.save({ conversationId, draft: { ...draft, media: [medium], format } })
    await client.drafts.save({ conversationId, draft: { ...draft, text: 'What was', media: [medium], format } })
    await reopen({ spawnWorker: forkWorker })
    expect((await client.drafts.get({ conversationId: null })).draft).toEqual(draft)
    expect(await client.drafts.get({ conversationId })).toEqual({
      draft: { ...draft, text: 'What was', media: [medium], format },
      attachments: [picture],
      lost: [],
    })
    await client.conversations.remove({ id: conversationId })
    expect((await client.drafts.get({ conversationId })).draft).toEqual(emptySavedDraft)
    await expect(client.drafts.save({ conversationId, draft })).rejects.toEqual(code('NotFound'))
  })

  test('are emptied when they are sent, save for what is compared with, and by nothing else', async () => {
    const { id, name } = await client.models.add({ textPath: '/a.gguf', projectorPath: null })
    const comparing = { ...draft, compareWith: { id, name } }
    await client.drafts.save({ conversationId: null, draft: comparing })
    await client.ask.send({ conversationId: null, parts: words('from the panel beside') })
    expect((await client.drafts.get({ conversationId: null })).draft).toEqual(comparing)
    const sent = await client.ask.send({ conversationId: null, parts: words('What is'), draft: comparing })
    expect((await client.drafts.get({ conversationId: null })).draft).toEqual(emptySavedDraft)
    const { conversationId } = sent
    expect((await client.drafts.get({ conversationId })).draft).toEqual({
      ...emptySavedDraft,
      compareWith: { id, name },
    })
    await client.models.remove({ id })
    expect((await client.drafts.get({ conversationId })).draft, 'a model that is gone').toEqual(emptySavedDraft)
  })

  describe('of two windows that save in turn', () => {
    const holding = (text: string, more: Partial<SavedDraft> = {}): SavedDraft => ({ ...draft, text, ...more })
    const kept = async () => (await client.drafts.get({ conversationId: null })).draft
    const save = (draft: SavedDraft, over: SavedDraft) => client.drafts.save({ conversationId: null, draft, over })

    test('each replaces its own words and media, and leaves those of the other', async () => {
      const [red, blue] = [await store('red.png'), await store('blue.png', 'blue-square.png')]
      const [one, two] = [red, blue].map(({ sha, name }) => ({ type: 'image' as const, sha, name }))
      await save(holding('One', { media: [one!] }), emptySavedDraft)
      await save(holding('T', { media: [two!] }), emptySavedDraft)
      await save(holding('Two\n', { media: [two!] }), holding('T', { media: [two!] }))
      expect(await kept()).toMatchObject({ text: 'One\nTwo\n', media: [one, two] })
      await save(holding('One\nand a half', { media: [] }), holding('One', { media: [one!] }))
      expect(await kept()).toMatchObject({ text: 'One\nand a half\nTwo\n', media: [two] })
      await save(emptySavedDraft, holding('One\nand a half'))
      expect(await kept()).toMatchObject({ text: 'Two\n', media: [two] })
      const sent = holding('Two\n', { media: [two!] })
      await save(holding('Three'), emptySavedDraft)
      await client.ask.send({ conversationId: null, parts: words('Two'), draft: sent })
      expect(await kept()).toEqual(holding('Three'))
    })

    test('words of one window that are part of the words of the other stay as they are', async () => {
      await save(holding('What is it?'), emptySavedDraft)
      await save(holding('it'), emptySavedDraft)
      await save(emptySavedDraft, holding('it'))
      expect(await kept()).toEqual(holding('What is it?'))
    })

    test('a format or a model to compare with is what was chosen last, without words too, and is given up again', async () => {
      const [x, y] = await Promise.all(
        ['/x.gguf', '/y.gguf'].map(async (textPath) => {
          const { id, name } = await client.models.add({ textPath, projectorPath: null })
          return { ...emptySavedDraft, compareWith: { id, name }, format: { name: textPath, schema: '{}' } }
        }),
      )
      await save(x!, emptySavedDraft)
      await save(y!, emptySavedDraft)
      expect(await kept()).toEqual(y)
      await save(emptySavedDraft, y!)
      expect(await kept()).toEqual(emptySavedDraft)
    })

    test('one that compares with a model that was removed is emptied all the same', async () => {
      const { id, name } = await client.models.add({ textPath: '/x.gguf', projectorPath: null })
      const comparing = holding('What is', { compareWith: { id, name } })
      await save(comparing, emptySavedDraft)
      await client.models.remove({ id })
      await save({ ...comparing, text: '' }, comparing)
      expect(await kept()).toEqual(emptySavedDraft)
    })
  })

  test('hold their files, and say what is lost', async () => {
    const pictures = await Promise.all([store('red.png'), store('blue.png', 'blue-square.png')])
    const [held, framed] = pictures as [Attachment, Attachment]
    const free = await store('green.png', 'green-star.png')
    const media: SavedMedium[] = [
      { type: 'image', sha: held.sha, name: 'red.png' },
      { type: 'frames', name: 'Two', pictures: [held, framed].map(({ sha, name }) => ({ sha, name })) },
      { type: 'image', sha: 'f'.repeat(64), name: 'lost.png', lead: 'Beside this: ' },
    ]
    await client.drafts.save({ conversationId: null, draft: { ...draft, media } })
    await app.close()
    const dayBefore = Date.now() - 25 * 3_600_000
    const db = new SQLite(join(testPorts(folder.path).paths.data, 'sightline.db'))
    db.prepare('UPDATE attachments SET stored_at = ?').run(dayBefore)
    db.close()
    open({ spawnWorker: forkWorker })
    // what is not held any more is collected in the background after the start, before the app has closed
    await app.close()
    open({ spawnWorker: forkWorker })
    expect(app.attachments.get(free.sha)).toBeNull()
    const found = await client.drafts.get({ conversationId: null })
    expect(found.draft.media).toEqual(media.slice(0, 2))
    expect(found.attachments.map(({ sha }) => sha).sort()).toEqual([held.sha, framed.sha].sort())
    expect(found.lost).toEqual(['lost.png'])
    expect(found.draft.text).toBe(`Beside this: ${draft.text}`)
  })
})
