import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { AppError } from '#contract'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createEngine } from '../../engine/index.ts'
import { openStore } from '../../lib/database/index.ts'
import type { Store } from '../../lib/database/index.ts'
import { forkWorker } from '../../nodePorts.ts'
import { goldenModel } from '../../testing/engineGoldens.ts'
import { ScriptedEngine } from '../../testing/scriptedEngine.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createConversations } from '../conversations/index.ts'
import type { Conversations } from '../conversations/index.ts'
import { createModels, demoModelId } from './index.ts'
import type { Models, ModelsOptions } from './index.ts'
import { progressStream } from './models.ts'

/** Reads headers only: no process is started. */
const headers = createEngine({ spawn: forkWorker, cachePath: '/nowhere' })
const source = goldenModel('qwen2vl')

let temp: ReturnType<typeof tempFolder>
let store: Store
let conversations: Conversations
let models: Models
let engine: ScriptedEngine
let revealed: string[]
let library: Models['procedures']['library']

beforeEach(() => {
  temp = tempFolder()
  store = openStore(join(temp.path, 'data'))
  conversations = createConversations(store.db)
  engine = new ScriptedEngine()
  revealed = []
  open({})
})
afterEach(() => {
  store.close()
  temp.remove()
})

function open(parts: Partial<ModelsOptions>): void {
  let folder = join(temp.path, 'models')
  const inspect = headers.inspect.bind(headers)
  models = createModels({
    db: store.db,
    resources: join(import.meta.dirname, '../../../resources'),
    choice: { get: () => null, set: () => {} },
    folder: { get: () => folder, set: (to) => void (folder = to) },
    onChange: () => () => {},
    inspect,
    inspectFile: (path, signal) => headers.inspectFile(path, signal),
    planOneFile: (path, name) => headers.planOneFile(path, name),
    surroundings: { home: join(temp.path, 'home'), env: {}, platform: 'darwin' },
    engine,
    endOtherUses: () => Promise.resolve(),
    titleOf: (id) => conversations.get(id).title,
    pictureOf: (sha) => join(temp.path, sha),
    tryProjectors: () => {
      throw new Error('Nothing is tried here.')
    },
    files: { reveal: async (path) => void revealed.push(path) },
    holdsFolder: () => null,
    ...parts,
  })
  library = models.procedures.library
}

const never = { signal: new AbortController().signal }
const code = (value: string) => expect.objectContaining({ code: value }) as AppError
type Steps<T> = AsyncIteratorObject<{ doneBytes: number; bytes: number; result: T | null }, unknown, void>
async function result<T>(stream: Steps<T> | Promise<Steps<T>>): Promise<T> {
  let last: T | null = null
  for await (const event of await stream) last = event.result
  if (last === null) throw new Error('The stream ended without a result.')
  return last
}
const copied = () => result(library.import({ ...source, mode: 'copy' }, never))
/** Puts a model into the scripted engine's memory. */
const load = (textPath: string) => engine.load({ textPath, projectorPath: null }, 100)

describe('files that the engine has open', () => {
  test('are closed before they are deleted; those of another model stay open', async () => {
    const first = await copied()
    const second = await copied()
    await load(second.model.textPath)
    await library.remove({ id: first.model.id, files: true }, never)
    expect(engine.state.state).toBe('ready')
    await library.remove({ id: second.model.id, files: true }, never)
    expect(engine.state).toMatchObject({ state: 'off', model: null })
    expect(models.list()).toHaveLength(1)
  })

  test('are left open when the model only leaves the list', async () => {
    const { model } = await copied()
    await load(model.textPath)
    await library.remove({ id: model.id, files: false }, never)
    expect(engine.state.state).toBe('ready')
  })

  test('are closed before the folder moves', async () => {
    const { model } = await copied()
    await load(model.textPath)
    const space = await result(library.moveFolder({ folder: join(temp.path, 'new') }, never))
    expect(space.folder).toBe(join(temp.path, 'new'))
    expect(engine.state.state).toBe('off')
  })
})

test('the folder does not move while something else writes to it', async () => {
  open({ holdsFolder: () => 'A download writes to the models folder. Pause it first.' })
  expect(() => library.moveFolder({ folder: join(temp.path, 'new') }, never)).toThrow(
    expect.objectContaining({ code: 'Busy', message: expect.stringContaining('A download') as string }),
  )
})

test('a download that begins while its models are closed stops the move before a file is touched', async () => {
  open({
    holdsFolder: () =>
      engine.state.state === 'off' ? 'A download writes to the models folder. Pause it first.' : null,
  })
  const { model } = await copied()
  await load(model.textPath)
  await expect(result(library.moveFolder({ folder: join(temp.path, 'new') }, never))).rejects.toEqual(code('Busy'))
  expect(existsSync(join(temp.path, 'new'))).toBe(false)
  expect(models.list().find(({ id }) => id === model.id)).toMatchObject({ textPath: model.textPath })
  expect(existsSync(model.textPath)).toBe(true)
})

describe('uses', () => {
  test('are the conversations in which the model answered last, with the first titles', async () => {
    const { model } = await copied()
    for (let i = 0; i < 22; i++) {
      const { conversationId } = conversations.ask({
        conversationId: null,
        parts: [{ type: 'text', text: `Question ${i}` }],
        model: model.name,
      })
      models.used(model.id, conversationId)
    }
    const { conversations: count, titles } = await library.uses({ id: model.id }, never)
    expect(count).toBe(22)
    expect(titles).toHaveLength(20)
    expect(titles[0]).toBe('Question 21')
    expect(library.uses({ id: demoModelId }, never)).toEqual({ conversations: 0, titles: [] })
    expect(() => library.uses({ id: 'gone' }, never)).toThrow(code('NotFound'))
  })
})

describe('reveal', () => {
  test('shows the file where the shell can', async () => {
    const { model } = await copied()
    await library.reveal({ id: model.id }, never)
    expect(revealed).toEqual([model.textPath])
    await expect(library.reveal({ id: 'gone' }, never)).rejects.toEqual(code('NotFound'))
    open({ files: null })
    await expect(library.reveal({ id: model.id }, never)).rejects.toEqual(code('NotYetSupported'))
  })
})

describe('work that takes a while', () => {
  test('tells how far it is, then its result once', async () => {
    const events = []
    for await (const event of await library.verify({ id: demoModelId }, never)) events.push(event)
    expect(events.slice(0, -1).every((event) => event.result === null)).toBe(true)
    expect(events.at(-1)).toMatchObject({
      result: { model: { id: demoModelId } },
      doneBytes: models.current().bytes,
      bytes: models.current().bytes,
    })
  })

  test('is stopped when its reader leaves or cancels, and ended before the stream is', async () => {
    mkdirSync(join(temp.path, 'models'))
    const abort = new AbortController()
    const stream = await library.import({ ...source, mode: 'copy' }, { signal: abort.signal })
    await stream.next()
    abort.abort(new Error('cancelled'))
    await expect(result(stream)).rejects.toThrow('cancelled')
    const left = await library.import({ ...source, mode: 'copy' }, never)
    await left.next()
    await left.return?.(undefined)
    expect(models.list()).toHaveLength(1)
    await expect(library.space(undefined, never)).resolves.toMatchObject({ bytes: 0 })
    expect(
      await result(library.moveFolder({ folder: join(temp.path, 'new') }, never)),
      'nothing works on the folder any more',
    ).toMatchObject({ bytes: 0 })
  })

  test('is stopped and undone when the app closes', async () => {
    const stream = await library.import({ ...source, mode: 'copy' }, never)
    await stream.next()
    await models.close()
    await expect(result(stream)).rejects.toEqual(code('Interrupted'))
    expect(readdirSync(join(temp.path, 'models'))).toEqual([])
  })

  test('fails as its stream', async () => {
    await expect(result(library.verify({ id: 'gone' }, never))).rejects.toEqual(code('NotFound'))
  })

  test('tells a reader that is behind how far it is now, and its result after nothing older', async () => {
    let go = () => {}
    const stream = progressStream(async ({ onProgress }) => {
      for (const doneMb of [0, 5, 10]) onProgress(doneMb * 2 ** 20, 20 * 2 ** 20)
      await new Promise<void>((resolve) => (go = resolve))
      onProgress(20 * 2 ** 20, 20 * 2 ** 20)
      return 'moved'
    }, never.signal)
    expect((await stream.next()).value).toEqual({ doneBytes: 10 * 2 ** 20, bytes: 20 * 2 ** 20, result: null })
    go()
    expect(await result(stream)).toBe('moved')
    expect((await stream.next()).done).toBe(true)
  })

  test('throws what the work throws only when that has put everything back', async () => {
    const told: string[] = []
    const cancel = new AbortController()
    const stream = progressStream(async ({ onProgress, signal }) => {
      onProgress(0, 1)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      await Promise.resolve().then(() => told.push('put back'))
      throw signal.reason
    }, cancel.signal)
    await stream.next()
    const failed = stream.next().catch((error: Error) => told.push(error.message))
    cancel.abort(new Error('closing'))
    await failed
    expect(told).toEqual(['put back', 'closing'])
  })
})
