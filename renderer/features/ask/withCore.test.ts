import { createReadStream } from 'node:fs'
import { join, resolve } from 'node:path'
import SQLite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { AppError, type Attachment, type EngineStatus, type PictureMark } from '#contract'
import { createApp, type App } from '../../../main/app.ts'
import { forkWorker } from '../../../main/nodePorts.ts'
import type * as connectionModule from '../../lib/connection.ts'
import { messagePortChannel } from '../../../main/rpc/channel.ts'
import { createMemoryClient } from '../../../main/rpc/memoryClient.ts'
import { ScriptedEngine } from '../../../main/testing/scriptedEngine.ts'
import { tempFolder } from '../../../main/testing/tempFolder.ts'
import { testPorts } from '../../../main/testing/testPorts.ts'

/** The composer's own modules on a real core, joined to it by a message port as in the desktop shell. */
let folder: ReturnType<typeof tempFolder>
let engine: ScriptedEngine
let app: App
/** What the window sends waits while this is not null. */
let held: (() => void)[] | null = null

class Page extends EventTarget {
  /** The core's end of the window's channel. */
  port: MessagePort | null = null
  readonly sightlineBridge = {
    requestPort: () => {
      const { port1, port2 } = new MessageChannel()
      this.port = port2
      const channel = messagePortChannel(port2)
      app.serve({
        ...channel,
        onMessage: (listener) =>
          channel.onMessage((message) => (held ? held.push(() => listener(message)) : listener(message))),
      })
      this.dispatchEvent(
        new MessageEvent('message', { data: 'sightline:port', ports: [port1 as unknown as MessagePort] }),
      )
    },
  }
}

/** A window that has just been opened: its modules are loaded anew. */
async function openWindow() {
  vi.resetModules()
  const page = new Page()
  vi.stubGlobal('window', page)
  // a window of an earlier test, whose core has ended, does not go on with the core of this one
  vi.doMock('../../lib/connection.ts', async (importOriginal) => {
    const original = await importOriginal<typeof connectionModule>()
    const openChannel = () => (globalThis.window === (page as unknown) ? original.openChannel() : new Promise(() => {}))
    return { ...original, openChannel }
  })
  vi.stubGlobal('requestIdleCallback', () => 0)
  const [actions, drafts, draft, saving, host, comparing] = await Promise.all([
    import('./actions.ts'),
    import('./draft.ts'),
    import('./draft.ts'),
    import('./saving.ts'),
    import('../../lib/host.ts'),
    import('../../lib/comparing.ts'),
  ])
  const { call } = await import('../../lib/rpc.ts')
  const { useEngine } = await import('../../lib/engine.ts')
  host.useHost.setState({ host: await call((core) => core.host.describe()) })
  const closing = new AbortController()
  /** Saves what waits, as when the page goes away; resolves when the core has it. */
  const leave = async () => {
    page.dispatchEvent(new Event('pagehide'))
    await call((core) => core.host.describe())
  }
  saving.keepDrafts(closing.signal)
  const add = (conversationId: string | null, key: string, attachment: Attachment) =>
    drafts.updateDraft(drafts.draftKey(conversationId), (now) =>
      draft.addPicture(now, {
        ...{ key, name: attachment.name, preview: '', attachment, tokens: null, budget: null, marks: [] },
      }),
    )
  const of = (conversationId: string | null) => drafts.draftOf(drafts.draftKey(conversationId))
  return {
    ...{ ...actions, ...saving, ...comparing, add, of, call, useEngine },
    leave,
    /** As `leave`; nothing more comes from the window then. */
    close: async () => {
      await leave()
      closing.abort()
      page.port?.close()
    },
  }
}

const stored = async (name: string): Promise<Attachment> =>
  (await app.attachments.store(
    `${name}.png`,
    createReadStream(resolve(import.meta.dirname, `../../../resources/samples/${name}.png`)),
  )) as Attachment

beforeEach(() => {
  folder = tempFolder()
  engine = new ScriptedEngine()
  held = null
  app = createApp(testPorts(folder.path, { spawnWorker: forkWorker }), { engine, second: new ScriptedEngine() })
})
afterEach(async () => {
  vi.unstubAllGlobals()
  await app.close()
  folder.remove()
})

describe('sending', () => {
  test.each([null, 'a conversation'])('takes what the draft holds; what comes meanwhile stays (%s)', async (kind) => {
    const window = await openWindow()
    const [red, blue] = [await stored('red-circle'), await stored('blue-square')]
    let id: string | null = null
    if (kind !== null) {
      const first = await window.call((core) =>
        core.ask.send({ conversationId: null, parts: [{ type: 'text', text: 'one' }] }),
      )
      ;(await engine.nextAnswer()).finish()
      await vi.waitFor(() => window.call((core) => core.ask.stop({ messageId: first.answerId })))
      id = first.conversationId
    }
    await window.restoreDraft(id)
    window.setText(id, 'What is it?')
    window.add(id, 'red', red)
    held = []
    const sending = window.send(id)
    window.add(id, 'blue', blue)
    const waiting = held
    held = null
    for (const pass of waiting) pass()
    const sent = await sending
    expect(window.of(sent!.conversationId)).toMatchObject({ text: '', sending: false, pictures: [{ key: 'blue' }] })
    if (id === null) expect(window.of(null)).toMatchObject({ text: '', pictures: [] })
    const { request } = await engine.nextAnswer()
    expect(request.messages.at(-1)!.content.map(({ type }) => type)).toEqual(['image', 'text'])
    await window.close()
  })
})

test('what is changed in a draft while it is sent stays: other words, another format', async () => {
  const window = await openWindow()
  await window.restoreDraft(null)
  window.setText(null, 'What is it?')
  window.setFormat(null, { name: 'Count', schema: '{"type": "integer"}' })
  held = []
  const sending = window.send(null)
  window.setText(null, 'What is it? And why?')
  window.setFormat(null, { name: 'Names', schema: '{"type": "array"}' })
  const waiting = held
  held = null
  for (const pass of waiting) pass()
  const sent = await sending
  expect(window.of(sent!.conversationId)).toMatchObject({ text: 'And why?', format: { name: 'Names' }, sending: false })
  expect(window.of(null)).toMatchObject({ text: '', format: null })
  const { request } = await engine.nextAnswer()
  expect(request.messages.at(-1)!.content).toEqual([{ type: 'text', text: 'What is it?' }])
  await window.close()
})

test('a draft that waits to be saved is saved before its question, and not written back after it', async () => {
  const window = await openWindow()
  await window.restoreDraft(null)
  held = []
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  window.setText(null, 'What is it?')
  const sending = window.send(null)
  // longer than a draft waits to be saved
  await vi.advanceTimersByTimeAsync(400)
  vi.useRealTimers()
  await vi.waitFor(() => expect(held).toHaveLength(2))
  const waiting = held
  held = null
  for (const pass of waiting) pass()
  expect(await sending).not.toBeNull()
  const { draft } = await window.call((core) => core.drafts.get({ conversationId: null }))
  expect(draft.text).toBe('')
  await window.close()
})

/** A conversation of one question that was answered. */
async function answered(window: Awaited<ReturnType<typeof openWindow>>): Promise<string> {
  const { conversationId, answerId } = await window.call((core) =>
    core.ask.send({ conversationId: null, parts: [{ type: 'text', text: 'one' }] }),
  )
  ;(await engine.nextAnswer()).finish()
  await vi.waitFor(() => window.call((core) => core.ask.stop({ messageId: answerId })))
  return conversationId
}

test('what is being composed in a conversation that another window removes goes on in a new one, and is kept there', async () => {
  const window = await openWindow()
  const id = await answered(window)
  await window.restoreDraft(null)
  await window.restoreDraft(id)
  window.setText(null, 'Another thing')
  window.setText(id, 'And two?')
  window.add(id, 'red', await stored('red-circle'))
  await createMemoryClient(app.serve).client.conversations.remove({ id })
  window.rescueDraft(id)
  expect(window.of(id)).toMatchObject({ text: '', pictures: [] })
  expect(window.of(null)).toMatchObject({
    text: 'And two?\nAnother thing',
    pictures: [{ key: 'red' }],
    error: { code: 'NotFound', message: expect.stringContaining('removed in another window') as string },
  })
  await window.close()
  const next = await openWindow()
  await vi.waitFor(async () => {
    const { draft } = await next.call((core) => core.drafts.get({ conversationId: null }))
    expect(draft).toMatchObject({ text: 'And two?\nAnother thing', media: [{ name: 'red-circle.png' }] })
  })
  await next.close()
})

test('a question for a conversation that another window removed goes on in the next one, with the reason', async () => {
  const window = await openWindow()
  const { conversationId: id, answerId } = await window.call((core) =>
    core.ask.send({ conversationId: null, parts: [{ type: 'text', text: 'one' }] }),
  )
  ;(await engine.nextAnswer()).finish()
  await vi.waitFor(() => window.call((core) => core.ask.stop({ messageId: answerId })))
  await window.restoreDraft(id)
  window.setText(id, 'And two?')
  window.add(id, 'red', await stored('red-circle'))
  await createMemoryClient(app.serve).client.conversations.remove({ id })
  expect(await window.send(id)).toBeNull()
  expect(window.of(id)).toMatchObject({ text: '', pictures: [], sending: false })
  expect(window.of(null)).toMatchObject({
    text: 'And two?',
    pictures: [{ key: 'red' }],
    sending: false,
    error: { code: 'NotFound', message: expect.stringContaining('removed') as string },
  })
  await window.close()
})

test('a count that newer typing replaces ends in the engine', async () => {
  const window = await openWindow()
  const signals: AbortSignal[] = []
  engine.tokens = (_, signal) => {
    signals.push(signal!)
    return new Promise((_resolve, reject) =>
      signal!.addEventListener('abort', () => reject(new AppError('Interrupted', 'Stopped.'))),
    )
  }
  window.setText(null, 'What')
  await vi.waitFor(() => expect(signals.map(({ aborted }) => aborted)).toEqual([false]), 5000)
  window.setText(null, 'What is it?')
  await vi.waitFor(() => expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]), 5000)
  window.setText(null, '')
  await vi.waitFor(() => expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]), 5000)
  await window.close()
})

describe('work ahead', () => {
  test('that gave way to other work is asked for again, until it is done', async () => {
    const window = await openWindow()
    let asked = 0
    engine.prepare = async (request) => {
      if (++asked <= 2) throw new AppError('Interrupted', 'Stopped.')
      return engine.count(request)
    }
    window.add(null, 'red', await stored('red-circle'))
    window.reorder(null, 'red', 0)
    await vi.waitFor(() => expect(asked).toBe(3), 5000)
    await vi.waitFor(() => expect(window.of(null).preparing).toBe(false))
    await window.close()
  })

  test('is asked for once more after the longest wait too', async () => {
    const window = await openWindow()
    let asked = 0
    engine.prepare = async (request) => {
      if (++asked <= 3) throw new AppError('Interrupted', 'Stopped.')
      return engine.count(request)
    }
    window.add(null, 'red', await stored('red-circle'))
    window.reorder(null, 'red', 0)
    await vi.waitFor(() => expect([asked, window.of(null).preparing]).toEqual([4, false]), 15_000)
    await window.close()
  })

  test('for a restored draft begins with its first change, at once where there was one already or the model is in memory', async () => {
    const first = await openWindow()
    await first.restoreDraft(null)
    first.add(null, 'red', await stored('red-circle'))
    first.setText(null, 'What is')
    await first.close()
    const asked: string[] = []
    const { count } = engine
    engine.count = (...question) => {
      asked.push('count')
      return count.apply(engine, question)
    }
    engine.prepare = async (request) => {
      asked.push('prepare')
      return count.call(engine, request)
    }
    const second = await openWindow()
    await vi.waitFor(async () => {
      const { draft } = await second.call((core) => core.drafts.get({ conversationId: null }))
      expect(draft.text).toBe('What is')
    })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await second.restoreDraft(null)
    await vi.advanceTimersByTimeAsync(10_000)
    vi.useRealTimers()
    // what was asked by then has been answered
    await second.call((core) => core.drafts.get({ conversationId: null }))
    expect([second.of(null).text, asked]).toEqual(['What is', []])
    second.setText(null, 'What is it?')
    await vi.waitFor(() => expect(asked.sort()).toEqual(['count', 'prepare']), 5000)
    await second.close()

    const third = await openWindow()
    third.useEngine.setState({ status: { state: 'ready' } as EngineStatus })
    await third.restoreDraft(null)
    await vi.waitFor(() => expect(asked.sort()).toEqual(['count', 'count', 'prepare', 'prepare']), 5000)
    await third.close()

    const fourth = await openWindow()
    fourth.setFormat(null, { name: 'Count', schema: '{"type": "integer"}' })
    await fourth.restoreDraft(null)
    await vi.waitFor(() => expect(asked.filter((kind) => kind === 'prepare')).toHaveLength(3), 5000)
    await fourth.close()
  })

  test('that fails in another way is not', async () => {
    const window = await openWindow()
    let asked = 0
    engine.prepare = async () => {
      asked++
      throw new AppError('ContextFull', 'Too long.')
    }
    window.add(null, 'red', await stored('red-circle'))
    window.reorder(null, 'red', 0)
    await vi.waitFor(() => expect([asked, window.of(null).preparing]).toEqual([1, false]))
    await window.close()
  })
})

describe('drafts', () => {
  const marks: PictureMark[] = [{ type: 'box', x1: 0.1, y1: 0.2, x2: 0.3, y2: 0.4, label: 'Box 1' }]

  test('are found by the next window as they were: words, pictures, marks, detail, format, what is compared with', async () => {
    const first = await openWindow()
    const [red, blue] = [await stored('red-circle'), await stored('blue-square')]
    const model = await first.call((core) => core.models.add({ textPath: '/other.gguf', projectorPath: null }))
    await first.restoreDraft(null)
    first.add(null, 'red', red)
    first.add(null, 'blue', blue)
    first.drawOn(null, 'red', marks)
    first.chooseDetail(null, 'blue', { minPixels: 784, maxPixels: 7840 })
    first.setFormat(null, { name: 'Count', schema: '{"type": "integer"}' })
    first.compareIn(null, { id: model.id, name: model.name })
    first.setText(null, 'What is')
    // the page goes away before the moment of saving has come
    await first.close()
    const second = await openWindow()
    await vi.waitFor(async () => {
      const { draft } = await second.call((core) => core.drafts.get({ conversationId: null }))
      expect(draft.text).toBe('What is')
    })
    await second.restoreDraft(null)
    expect(second.of(null)).toMatchObject({
      text: 'What is',
      format: { name: 'Count' },
      pictures: [
        { name: 'red-circle.png', attachment: red, marks, budget: null },
        { name: 'blue-square.png', attachment: blue, marks: [], budget: { maxPixels: 7840 } },
      ],
    })
    expect(second.comparedIn(null)).toEqual({ id: model.id, name: model.name })
    await second.close()
  })

  test('frames of one video come back as such, and what was composed before the restoring goes after it', async () => {
    const first = await openWindow()
    await first.restoreDraft(null)
    first.add(null, 'red', await stored('red-circle'))
    first.add(null, 'blue', await stored('blue-square'))
    first.makeVideo(null)
    first.setText(null, 'What moves?')
    await first.close()
    const second = await openWindow()
    await vi.waitFor(async () => {
      const { draft } = await second.call((core) => core.drafts.get({ conversationId: null }))
      expect(draft.media).toMatchObject([{ type: 'frames' }])
    })
    second.setText(null, 'And why?')
    second.add(null, 'star', await stored('green-star'))
    await second.restoreDraft(null)
    const draft = second.of(null)
    expect(draft.text).toBe('What moves?\nAnd why?')
    expect(draft.pictures.map(({ clip, key }) => clip?.pictures?.length ?? key)).toEqual([2, 'star'])
    expect(draft.pictures[0]!.clip!.pictures!.map(({ name }) => name)).toEqual(['red-circle.png', 'blue-square.png'])
    await second.close()
  })

  const draftIn = async (window: Awaited<ReturnType<typeof openWindow>>, conversationId: string | null) =>
    (await window.call((core) => core.drafts.get({ conversationId }))).draft

  test('of two windows are both found when the windows are gone, whichever saved or went first', async () => {
    const [first, second] = [await openWindow(), await openWindow()]
    await first.restoreDraft(null)
    await second.restoreDraft(null)
    first.setText(null, 'From the first')
    await vi.waitFor(async () => expect((await draftIn(first, null)).text).toBe('From the first'))
    second.setText(null, 'From the second')
    second.add(null, 'red', await stored('red-circle'))
    await vi.waitFor(async () => expect((await draftIn(first, null)).text).toBe('From the first\nFrom the second'))
    expect(first.of(null).text).toBe('From the first')
    await first.close()
    await second.close()
    const third = await openWindow()
    await vi.waitFor(async () => expect((await draftIn(third, null)).text).toContain('From the first'))
    await third.restoreDraft(null)
    expect(third.of(null)).toMatchObject({
      text: 'From the first\nFrom the second',
      pictures: [{ name: 'red-circle.png' }],
    })
    await third.close()
  })

  test('of a window that is gone outlast what the other one types, empties and sends', async () => {
    const [first, second] = [await openWindow(), await openWindow()]
    await first.restoreDraft(null)
    await second.restoreDraft(null)
    first.setText(null, 'From the first')
    await first.close()
    await vi.waitFor(async () => expect((await draftIn(second, null)).text).toBe('From the first'))
    const storedIs = async (text: string) => {
      await second.leave()
      expect((await draftIn(second, null)).text).toBe(text)
    }
    second.setText(null, 'From')
    await storedIs('From the first')
    second.setText(null, 'From here')
    await storedIs('From the first\nFrom here')
    second.setText(null, '')
    await storedIs('From the first')
    second.setText(null, 'From here too')
    await storedIs('From the first\nFrom here too')
    expect(await second.send(null)).not.toBeNull()
    await storedIs('From the first')
    expect(second.of(null).text).toBe('')
    await second.close()
  })

  test('of a window that is gone outlast a save of the other one that failed', async () => {
    const [first, second] = [await openWindow(), await openWindow()]
    await first.restoreDraft(null)
    await second.restoreDraft(null)
    first.setText(null, 'From the first')
    await first.close()
    await vi.waitFor(async () => expect((await draftIn(second, null)).text).toBe('From the first'))
    const db = new SQLite(join(folder.path, 'data', 'sightline.db'))
    db.exec('ALTER TABLE drafts RENAME TO away')
    second.setText(null, 'Here')
    await second.leave()
    db.exec('ALTER TABLE away RENAME TO drafts')
    db.close()
    second.setText(null, 'Here too')
    await second.leave()
    expect((await draftIn(second, null)).text).toBe('From the first\nHere too')
    await second.close()
  })

  test('hold what came while the question was sent, when the page goes away before the core has the question', async () => {
    const window = await openWindow()
    await window.restoreDraft(null)
    const blue = await stored('blue-square')
    window.setText(null, 'What is it?')
    held = []
    void window.send(null)
    await vi.waitFor(() => expect(held).toHaveLength(2))
    // the draft arrives, the question does not: frames of a video are read for it
    held[0]!()
    held = null
    window.add(null, 'blue', blue)
    await window.close()
    const next = await openWindow()
    await vi.waitFor(async () =>
      expect(await draftIn(next, null)).toMatchObject({ text: 'What is it?', media: [{ sha: blue.sha }] }),
    )
    await next.close()
  })

  test('of one window are kept though another one sends its own', async () => {
    const [first, second] = [await openWindow(), await openWindow()]
    await first.restoreDraft(null)
    first.setText(null, 'From the first')
    await vi.waitFor(async () => expect((await draftIn(first, null)).text).toBe('From the first'))
    await second.restoreDraft(null)
    second.setText(null, 'Something else')
    expect(await second.send(null)).not.toBeNull()
    await vi.waitFor(async () => expect((await draftIn(first, null)).text).toBe(''))
    await first.close()
    await second.close()
    const third = await openWindow()
    await vi.waitFor(async () => expect((await draftIn(third, null)).text).toBe('From the first'))
    await third.close()
  })

  test('that were restored and left alone are not put back after another window sent them', async () => {
    const before = await openWindow()
    await before.restoreDraft(null)
    before.setText(null, 'What is it?')
    await before.close()
    const [first, second] = [await openWindow(), await openWindow()]
    await vi.waitFor(async () => expect((await draftIn(first, null)).text).toBe('What is it?'))
    await first.restoreDraft(null)
    await second.restoreDraft(null)
    expect(await second.send(null)).not.toBeNull()
    await first.close()
    await second.close()
    const third = await openWindow()
    expect((await draftIn(third, null)).text).toBe('')
    await third.close()
  })

  test.each([
    ['torn', '{"half of', 'New words'],
    ['of another version', '{"text": 1}', 'New words'],
    [
      'on a disk that fails',
      '{"text":"Old words","media":[],"format":null,"compareWith":null}',
      'Old words\nNew words',
    ],
  ])('that cannot be read are not replaced by nothing, only by what is composed: %s', async (why, json, then) => {
    const db = new SQLite(join(folder.path, 'data', 'sightline.db'))
    db.prepare('INSERT INTO drafts (conversation_id, draft) VALUES (NULL, ?)').run(json)
    const kept = () => db.prepare<[], string>('SELECT draft FROM drafts').pluck().all()
    const window = await openWindow()
    if (why === 'on a disk that fails') db.exec('ALTER TABLE drafts RENAME TO away')
    await window.restoreDraft(null)
    if (why === 'on a disk that fails') db.exec('ALTER TABLE away RENAME TO drafts')
    expect(window.of(null)).toMatchObject({ text: '', pictures: [] })
    await window.leave()
    expect(kept()).toEqual([json])
    window.setText(null, 'New words')
    await window.leave()
    expect(kept().map((draft) => (JSON.parse(draft) as { text: string }).text)).toEqual([then])
    await window.close()
    db.close()
  })

  test('a question that was sent is no draft any more, and a file that is gone is named', async () => {
    const first = await openWindow()
    await first.restoreDraft(null)
    first.setText(null, 'What is it?')
    const sent = await first.send(null)
    await first.close()
    const second = await openWindow()
    await second.restoreDraft(null)
    await second.restoreDraft(sent!.conversationId)
    expect([second.of(null).text, second.of(sent!.conversationId).text]).toEqual(['', ''])
    const lost = { type: 'image' as const, sha: 'f'.repeat(64), name: 'lost.png' }
    await second.call((core) =>
      core.drafts.save({
        conversationId: null,
        draft: { text: 'Hi', media: [lost], format: null, compareWith: null },
      }),
    )
    await second.close()
    const third = await openWindow()
    await third.restoreDraft(null)
    expect(third.of(null)).toMatchObject({ text: 'Hi', pictures: [], refusals: [{ name: 'lost.png' }] })
    third.setText(null, '')
    await third.leave()
    expect(await third.call((core) => core.drafts.get({ conversationId: null }))).toMatchObject({
      ...{ draft: { text: '', media: [] }, lost: [] },
    })
    await third.close()
  })
})
