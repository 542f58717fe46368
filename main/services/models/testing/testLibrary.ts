import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { AppError } from '#contract'
import { afterEach, beforeEach, expect } from 'vitest'
import { createEngine } from '../../../engine/index.ts'
import { openStore } from '../../../lib/database/index.ts'
import type { Store } from '../../../lib/database/index.ts'
import { Emitter } from '../../../lib/events.ts'
import { forkWorker } from '../../../nodePorts.ts'
import { goldenModel } from '../../../testing/engineGoldens.ts'
import { tempFolder } from '../../../testing/tempFolder.ts'
import { createLibrary } from '../library.ts'
import type { Library, LibraryOptions } from '../library.ts'
import { createModelList } from '../modelList.ts'
import type { ModelList } from '../modelList.ts'

/** Reads headers only: no process is started. */
export const engine = createEngine({ spawn: forkWorker, cachePath: '/nowhere' })
/** The model that is taken over, and its bytes in all. */
export const source = goldenModel('qwen2vl')
export const bytesOf = (path: string) => statSync(path).size
export const sourceBytes = bytesOf(source.textPath) + bytesOf(source.projectorPath!)

/** A file's SHA-256. */
export const digest = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

/** The test's folder, and in it the models folder; opened anew for each test of the file that imports this. */
export let temp: ReturnType<typeof tempFolder>
export let folder: string
export let chosen: string | null
export let store: Store
export let models: ModelList
export let library: Library

/** Says that the models folder was changed. */
export const settings = new Emitter<void>()

beforeEach(() => {
  temp = tempFolder()
  folder = join(temp.path, 'models')
  chosen = null
  store = openStore(join(temp.path, 'data'))
  open()
})
afterEach(() => {
  store.close()
  temp.remove()
})

/** Opens the library anew, as at a start. */
export function open(options: Partial<LibraryOptions> = {}): void {
  const choice = { get: () => chosen, set: (id: string | null) => void (chosen = id) }
  const inspect = engine.inspect.bind(engine)
  models = createModelList({
    db: store.db,
    resources: join(import.meta.dirname, '../../../../resources'),
    choice,
    inspect,
  })
  library = createLibrary({
    models,
    folder: { get: () => folder, set: (to) => void (folder = to) },
    onChange: (listener) => settings.on(listener),
    inspect,
    inspectFile: (path, signal) => engine.inspectFile(path, signal),
    planOneFile: (path, name) => engine.planOneFile(path, name),
    surroundings: { home: join(temp.path, 'home'), env: {}, platform: 'linux' },
    ...options,
  })
}

/** Work that keeps its progress; `stopAt` aborts it when so many bytes are done. */
export function work(stopAt = Infinity): {
  readonly seen: [number, number][]
  readonly signal: AbortSignal
  onProgress(done: number, bytes: number): void
} {
  const abort = new AbortController()
  const seen: [number, number][] = []
  return {
    seen,
    signal: abort.signal,
    onProgress(done: number, bytes: number) {
      seen.push([done, bytes])
      if (done >= stopAt) abort.abort(new Error('stopped'))
    },
  }
}

/** All files below a folder with their digests, and links with where they lead. */
export function tree(root: string): Record<string, string> {
  if (!existsSync(root)) return {}
  const entries = readdirSync(root, { withFileTypes: true, recursive: true })
  return Object.fromEntries(
    entries.flatMap((entry) => {
      const path = join(entry.parentPath, entry.name)
      if (entry.isSymbolicLink()) return [[relative(root, path), readlinkSync(path)]]
      return entry.isFile() ? [[relative(root, path), digest(path)]] : [[relative(root, path), 'folder']]
    }),
  )
}

/** An error with a code, and a message like this. */
export const code = (value: string, message = /./) =>
  expect.objectContaining({ code: value, message: expect.stringMatching(message) as string }) as AppError

/** Puts a file, or bytes, into the test's folder. */
export const put = (path: string, from: string | Buffer) => {
  const target = join(temp.path, path)
  mkdirSync(dirname(target), { recursive: true })
  if (typeof from === 'string') copyFileSync(from, target)
  else writeFileSync(target, from)
  return target
}

/** The source's files in a folder that is not the app's. */
export const outside = () => ({
  textPath: put('outside/text.gguf', source.textPath),
  projectorPath: put('outside/mmproj.gguf', source.projectorPath!),
})

/** Takes the source's models over as a copy. */
export const copied = () => library.import({ ...source, mode: 'copy' }, work())

/** From now on this is the models folder, without anything being moved. */
export const useFolder = (path: string): void => void (folder = path)
