import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AppError } from '#contract'
import { openStore } from '../../lib/database/index.ts'
import type { Store } from '../../lib/database/index.ts'
import { forkWorker } from '../../nodePorts.ts'
import { createConversations } from '../../services/conversations/index.ts'
import type { Conversations } from '../../services/conversations/index.ts'
import { createEngine } from '../../engine/index.ts'
import { createLibrary, createModels, demoModelId } from '../../services/models/index.ts'
import type { Models } from '../../services/models/index.ts'
import { goldenModel } from '../../testing/engineGoldens.ts'
import { ScriptedEngine } from '../../testing/scriptedEngine.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createModelManager } from './index.ts'
import type { ManagerParts, ModelManager } from './index.ts'

/** Reads headers only: no process is started. */
const headers = createEngine({ spawn: forkWorker, cachePath: '/nowhere' })
const source = goldenModel('qwen2vl')

let temp: ReturnType<typeof tempFolder>
let store: Store
let conversations: Conversations
let models: Models
let engine: ScriptedEngine
let revealed: string[]
let manager: ModelManager

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

function open(parts: Partial<ManagerParts>): void {
  let folder = join(temp.path, 'models')
  const inspect = headers.inspect.bind(headers)
  models = createModels({
    db: store.db,
    resources: join(import.meta.dirname, '../../../resources'),
    choice: { get: () => null, set: () => {} },
    inspect,
  })
  const library = createLibrary({
    models,
    folder: { get: () => folder, set: (to) => void (folder = to) },
    onChange: () => () => {},
    inspect,
    inspectFile: (path, signal) => headers.inspectFile(path, signal),
    planOneFile: (path, name) => headers.planOneFile(path, name),
    surroundings: { home: join(temp.path, 'home'), env: {}, platform: 'darwin' },
  })
  manager = createModelManager({
    models,
    library,
    conversations,
    engine,
    pictures: { pathOf: (sha) => join(temp.path, sha) },
    files: { reveal: (path) => revealed.push(path) },
    ...parts,
  })
}

const never = new AbortController().signal
const code = (value: string) => expect.objectContaining({ code: value }) as AppError
async function result<T>(stream: AsyncIterable<{ doneBytes: number; bytes: number; result: T | null }>): Promise<T> {
  let last: T | null = null
  for await (const event of stream) last = event.result
  if (last === null) throw new Error('The stream ended without a result.')
  return last
}
const copied = () => result(manager.import({ ...source, mode: 'copy' }, never))
/** Puts a model into the scripted engine's memory. */
const load = (textPath: string) => engine.load({ textPath, projectorPath: null }, 100)

describe('files that the engine has open', () => {
  test('are closed before they are deleted; those of another model stay open', async () => {
    const first = await copied()
    const second = await copied()
    await load(second.model.textPath)
    await manager.remove({ id: first.model.id, files: true })
    expect(engine.state.state).toBe('ready')
    await manager.remove({ id: second.model.id, files: true })
    expect(engine.state).toMatchObject({ state: 'off', model: null })
    expect(models.list()).toHaveLength(1)
  })

  test('are left open when the model only leaves the list', async () => {
    const { model } = await copied()
    await load(model.textPath)
    await manager.remove({ id: model.id, files: false })
    expect(engine.state.state).toBe('ready')
  })

  test('are closed before the folder moves', async () => {
    const { model } = await copied()
    await load(model.textPath)
    const space = await result(manager.moveFolder({ folder: join(temp.path, 'new') }, never))
    expect(space.folder).toBe(join(temp.path, 'new'))
    expect(engine.state.state).toBe('off')
  })
})

test('the folder does not move while something else writes to it', async () => {
  open({ holdsFolder: () => 'A download writes to the models folder. Pause it first.' })
  expect(() => manager.moveFolder({ folder: join(temp.path, 'new') }, never)).toThrow(
    expect.objectContaining({ code: 'Busy', message: expect.stringContaining('A download') as string }),
  )
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
    const { conversations: count, titles } = manager.uses({ id: model.id })
    expect(count).toBe(22)
    expect(titles).toHaveLength(20)
    expect(titles[0]).toBe('Question 21')
    expect(manager.uses({ id: demoModelId })).toEqual({ conversations: 0, titles: [] })
    expect(() => manager.uses({ id: 'gone' })).toThrow(code('NotFound'))
  })
})

describe('reveal', () => {
  test('shows the file where the shell can', async () => {
    const { model } = await copied()
    await manager.reveal({ id: model.id })
    expect(revealed).toEqual([model.textPath])
    await expect(manager.reveal({ id: 'gone' })).rejects.toEqual(code('NotFound'))
    open({ files: null })
    await expect(manager.reveal({ id: model.id })).rejects.toEqual(code('NotYetSupported'))
  })
})

describe('work that takes a while', () => {
  test('tells how far it is, then its result once', async () => {
    const events = []
    for await (const event of manager.verify({ id: demoModelId }, never)) events.push(event)
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
    const stream = manager.import({ ...source, mode: 'copy' }, abort.signal)
    await stream.next()
    abort.abort(new Error('cancelled'))
    await expect(result(stream)).rejects.toThrow('cancelled')
    const left = manager.import({ ...source, mode: 'copy' }, never)
    await left.next()
    await left.return(undefined)
    expect(models.list()).toHaveLength(1)
    await expect(manager.space()).resolves.toMatchObject({ bytes: 0 })
    expect(
      await result(manager.moveFolder({ folder: join(temp.path, 'new') }, never)),
      'nothing works on the folder any more',
    ).toMatchObject({ bytes: 0 })
  })

  test('is stopped and undone when the app closes', async () => {
    const stream = manager.import({ ...source, mode: 'copy' }, never)
    await stream.next()
    await manager.close()
    await expect(result(stream)).rejects.toEqual(code('Interrupted'))
    expect(readdirSync(join(temp.path, 'models'))).toEqual([])
  })

  test('fails as its stream', async () => {
    await expect(result(manager.verify({ id: 'gone' }, never))).rejects.toEqual(code('NotFound'))
  })
})
