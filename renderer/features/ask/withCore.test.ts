import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { AppError, type Attachment, type PictureMark } from '#contract'
import { createApp, type App } from '../../../main/app.ts'
import { forkWorker } from '../../../main/nodePorts.ts'
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
  readonly sightlineBridge = {
    requestPort: () => {
      const { port1, port2 } = new MessageChannel()
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
  vi.stubGlobal('window', new Page())
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
  host.useHost.setState({ host: await call((core) => core.host.describe()) })
  const closing = new AbortController()
  saving.keepDrafts(closing.signal)
  const add = (conversationId: string | null, key: string, attachment: Attachment) =>
    drafts.updateDraft(drafts.draftKey(conversationId), (now) =>
      draft.addPicture(now, {
        ...{ key, name: attachment.name, preview: '', attachment, tokens: null, budget: null, marks: [] },
      }),
    )
  const of = (conversationId: string | null) => drafts.draftOf(drafts.draftKey(conversationId))
  return {
    ...{ ...actions, ...saving, ...comparing, add, of, call },
    close: () => {
      globalThis.window.dispatchEvent(new Event('pagehide'))
      closing.abort()
    },
  }
}

const stored = (name: string) =>
  app.attachments.store(
    `${name}.png`,
    createReadStream(resolve(import.meta.dirname, `../../../resources/samples/${name}.png`)),
  )

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
    window.close()
  })
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
  window.close()
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
  window.close()
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
    window.close()
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
    window.close()
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
    first.close()
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
    second.close()
  })

  test('frames of one video come back as such, and what was composed before the restoring goes after it', async () => {
    const first = await openWindow()
    await first.restoreDraft(null)
    first.add(null, 'red', await stored('red-circle'))
    first.add(null, 'blue', await stored('blue-square'))
    first.makeVideo(null)
    first.setText(null, 'What moves?')
    first.close()
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
    second.close()
  })

  test('a question that was sent is no draft any more, and a file that is gone is named', async () => {
    const first = await openWindow()
    await first.restoreDraft(null)
    first.setText(null, 'What is it?')
    const sent = await first.send(null)
    first.close()
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
    second.close()
    const third = await openWindow()
    await third.restoreDraft(null)
    expect(third.of(null)).toMatchObject({ text: 'Hi', pictures: [], refusals: [{ name: 'lost.png' }] })
    third.close()
  })
})
