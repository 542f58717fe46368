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
import type { Work } from '../types.ts'

/**
 * What tests of the library share: a models folder, a database and a library over both, new for each test.
 * The engine reads headers only: no process is started.
 */
export const engine = createEngine({ spawn: forkWorker, cachePath: '/nowhere' })
export const source = goldenModel('qwen2vl')
export const bytesOf = (path: string) => statSync(path).size
export const sourceBytes = bytesOf(source.textPath) + bytesOf(source.projectorPath!)
export const digest = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

export let temp: ReturnType<typeof tempFolder>
export let folder: string
export let chosen: string | null
export let store: Store
export let models: ModelList
export let library: Library
export const settings = new Emitter<void>()

/** Opens a library in a folder of its own for each test. */
export function useLibrary(): void {
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
}

/** Opens the database again that a test closed. */
export function reopenStore(): void {
  store = openStore(join(temp.path, 'data'))
}

/** Sets where models are kept. */
export function setFolder(path: string): void {
  folder = path
}

/** Opens the library over the present folder and database again, with other options. */
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
export function work(stopAt = Infinity): Work & { readonly seen: [number, number][] } {
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
export const code = (value: string, message = /./) =>
  expect.objectContaining({ code: value, message: expect.stringMatching(message) as string }) as AppError
export const put = (path: string, from: string | Buffer) => {
  const target = join(temp.path, path)
  mkdirSync(dirname(target), { recursive: true })
  if (typeof from === 'string') copyFileSync(from, target)
  else writeFileSync(target, from)
  return target
}
export const outside = () => ({
  textPath: put('outside/text.gguf', source.textPath),
  projectorPath: put('outside/mmproj.gguf', source.projectorPath!),
})
export const copied = () => library.import({ ...source, mode: 'copy' }, work())
