import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { LibraryModel } from '#contract'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createEngine } from '../../engine/index.ts'
import { openStore } from '../../lib/database/index.ts'
import type { Store } from '../../lib/database/index.ts'
import { forkWorker } from '../../nodePorts.ts'
import { goldenModel } from '../../testing/engineGoldens.ts'
import { readGguf, string, u32, withEntries, writeGguf } from '../../testing/ggufEdit.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { demoModelId } from './demo.ts'
import { createLibrary } from './library.ts'
import type { Library, LibraryOptions } from './library.ts'
import { createModelList } from './modelList.ts'
import type { ModelList } from './modelList.ts'

/** Reads headers only: no process is started. */
const engine = createEngine({ spawn: forkWorker, cachePath: '/nowhere' })
const golden = { qwen2vl: goldenModel('qwen2vl'), qwen25vl: goldenModel('qwen25vl') }

let temp: ReturnType<typeof tempFolder>
let store: Store
let models: ModelList
let library: Library
beforeEach(() => {
  temp = tempFolder()
  store = openStore(join(temp.path, 'data'))
  open()
})
afterEach(() => {
  store.close()
  temp.remove()
})

function open(options: Partial<LibraryOptions> = {}): void {
  let folder = join(temp.path, 'models')
  const inspect = engine.inspect.bind(engine)
  models = createModelList({
    db: store.db,
    resources: join(import.meta.dirname, '../../../resources'),
    choice: { get: () => null, set: () => {} },
    inspect,
  })
  library = createLibrary({
    models,
    folder: { get: () => folder, set: (to) => void (folder = to) },
    onChange: () => () => {},
    inspect,
    inspectFile: (path, signal) => engine.inspectFile(path, signal),
    planOneFile: (path, name) => engine.planOneFile(path, name),
    surroundings: { home: join(temp.path, 'home'), env: {}, platform: 'linux' },
    ...options,
  })
}

function put(path: string, from: string | Buffer): string {
  const target = join(temp.path, path)
  mkdirSync(dirname(target), { recursive: true })
  if (typeof from === 'string') copyFileSync(from, target)
  else writeFileSync(target, from)
  return target
}

/** A language model whose header and name tell nothing of its family, beside projectors of both. */
function untold() {
  const file = readGguf(readFileSync(golden.qwen2vl.textPath))
  const bytes = writeGguf(withEntries(file, { 'general.name': string('Nothing'), 'qwen2vl.context_length': u32(8192) }))
  return {
    textPath: put('stuff/something.gguf', bytes),
    two: put('stuff/mmproj-a.gguf', golden.qwen2vl.projectorPath!),
    five: put('stuff/mmproj-b.gguf', golden.qwen25vl.projectorPath!),
  }
}

const never = new AbortController().signal
const scan = () => library.scan(join(temp.path, 'stuff'))

describe('a model whose header does not tell its family', () => {
  test('is not paired by itself: both families are offered, until the user has chosen', async () => {
    const { textPath, two, five } = untold()
    const [asked] = await scan()
    expect(asked).toMatchObject({ textPath, projectorPaths: [], problem: null })
    expect(asked!.choices.map(({ projectorPath, family }) => [projectorPath, family]).sort()).toEqual([
      [two, 'qwen2vl'],
      [five, 'qwen25vl'],
    ])
    await library.chooseFamily(textPath, 'qwen25vl')
    expect(await scan()).toMatchObject([{ projectorPaths: [five], choices: [], note: null }])
  })

  test('is known again under another name, and after a new start', async () => {
    const { textPath, five } = untold()
    await library.chooseFamily(textPath, 'qwen25vl')
    renameSync(textPath, join(dirname(textPath), 'renamed.gguf'))
    store.close()
    store = openStore(join(temp.path, 'data'))
    open()
    expect(await scan()).toMatchObject([{ projectorPaths: [five], choices: [] }])
  })

  test('can be given the other projector later, and none; what was chosen last counts', async () => {
    const { textPath, two, five } = untold()
    const { id } = await models.register({ textPath, projectorPath: five })
    const choices = await library.projectors(id)
    expect(choices.map(({ projectorPath }) => projectorPath).sort()).toEqual([two, five])
    await library.setProjector(id, two)
    expect(await library.get(id)).toMatchObject({
      model: { projectorPath: two },
      family: 'qwen2vl',
      projectorQuantization: 'F32',
    })
    expect(models.registry.entry(id).files.map(({ path }) => basename(path))).toEqual([
      'something.gguf',
      'mmproj-a.gguf',
    ])
    await library.setProjector(id, null)
    expect((await library.get(id)).model.projectorPath).toBeNull()
    models.remove(id)
    expect(await scan()).toMatchObject([{ projectorPaths: [two] }])
  })

  test('keeps the projector it has when another one does not fit', async () => {
    const { textPath, two } = untold()
    const { id } = await models.register({ textPath, projectorPath: two })
    await expect(library.setProjector(id, put('stuff/bread.gguf', Buffer.from('bread')))).rejects.toMatchObject({
      code: 'UnsupportedModel',
    })
    expect((await library.get(id)).model.projectorPath).toBe(two)
    await expect(library.setProjector(demoModelId, null)).rejects.toMatchObject({ code: 'InvalidInput' })
  })
})

describe('a model on a drive that goes away', () => {
  /** A folder that stands for a drive: it is connected when there is something in it. */
  const drive = () => join(temp.path, 'drive')
  const connect = () => renameSync(join(temp.path, 'elsewhere'), drive())
  const disconnect = () => renameSync(drive(), join(temp.path, 'elsewhere'))
  beforeEach(() => open({ driveOf: (path) => (path.startsWith(drive()) ? drive() : null), lookAgainMs: 10 }))

  async function added() {
    const textPath = put('drive/a/model.gguf', golden.qwen2vl.textPath)
    const { id } = await models.register({
      textPath,
      projectorPath: put('drive/a/mmproj.gguf', golden.qwen2vl.projectorPath!),
    })
    return { id, textPath }
  }
  const awayOf = ({ files }: LibraryModel) => files.map(({ exists, awayDrive }) => [exists, awayDrive])

  test('stays in the library, is said to be away, and comes back by itself', async () => {
    const { id } = await added()
    const abort = new AbortController()
    const stream = library.watch(abort.signal)[Symbol.asyncIterator]()
    const next = async () => (await stream.next()).value!.find(({ model }: LibraryModel) => model.id === id)!
    expect(awayOf(await next())).toEqual([
      [true, null],
      [true, null],
    ])
    disconnect()
    expect(awayOf(await next())).toEqual([
      [false, drive()],
      [false, drive()],
    ])
    connect()
    expect(awayOf(await next())).toEqual([
      [true, null],
      [true, null],
    ])
    abort.abort()
  })

  test('is not taken for one whose file is gone', async () => {
    const { id, textPath } = await added()
    renameSync(textPath, `${textPath}.gone`)
    expect(awayOf(await library.get(id))).toEqual([
      [false, null],
      [true, null],
    ])
    await expect(library.fileOf(id)).rejects.toMatchObject({
      message: expect.stringMatching(/not there any more/) as string,
    })
    renameSync(`${textPath}.gone`, textPath)
    disconnect()
    await expect(library.fileOf(id)).rejects.toMatchObject({
      code: 'ModelNotFound',
      message: expect.stringMatching(/on a drive that is not connected/) as string,
    })
    await expect(library.remove(id, true)).rejects.toMatchObject({
      message: expect.stringMatching(/not connected/) as string,
    })
    expect(await library.list()).toHaveLength(2)
  })

  test('keeps the models folder from being moved while it is away', async () => {
    let folder = drive()
    open({
      driveOf: (path) => (path.startsWith(drive()) ? drive() : null),
      folder: { get: () => folder, set: (to) => void (folder = to) },
    })
    await added()
    disconnect()
    const work = { onProgress: () => {}, signal: never }
    await expect(library.moveFolder(join(temp.path, 'new'), work)).rejects.toMatchObject({
      message: expect.stringMatching(/The models folder is on a drive that is not connected/) as string,
    })
    expect(folder).toBe(drive())
  })
})
