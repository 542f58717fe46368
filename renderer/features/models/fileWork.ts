import { create } from 'zustand'
import type { ErrorInfo, ImportMode, LibraryModel, ModelSpace } from '#contract'
import { toAppError } from '../../lib/errors.ts'
import { call } from '../../lib/rpc.ts'

/** Work on files that takes a while. Bytes; `error` once it has failed. */
export interface Work {
  readonly doneBytes: number
  readonly bytes: number
  readonly error: ErrorInfo | null
}

interface Step<T> {
  readonly doneBytes: number
  readonly bytes: number
  readonly result: T | null
}

/** The works that are running or have failed, by key. They go on when their part of the window is closed. */
export const useFileWork = create<{ running: Readonly<Record<string, Work>> }>(() => ({ running: {} }))

const controllers = new Map<string, AbortController>()
const set = (key: string, work: Work): void =>
  useFileWork.setState(({ running }) => ({ running: { ...running, [key]: work } }))

/** Forgets a work that has failed. */
export const dismissWork = (key: string): void =>
  useFileWork.setState(({ running: { [key]: _dismissed, ...running } }) => ({ running }))

/** Ends a work; nothing of it stays. */
export function cancelWork(key: string): void {
  controllers.get(key)?.abort()
  dismissWork(key)
}

/** The share that is done, 0..1; null before the first figures. */
export const shareOf = ({ doneBytes, bytes }: Work): number | null =>
  bytes > 0 ? Math.min(1, doneBytes / bytes) : null

/** Follows one work to its end: its result, or null when it failed or was cancelled; a failure stays in the store. */
async function runWork<T>(
  key: string,
  begin: (signal: AbortSignal) => Promise<AsyncIterable<Step<T>>>,
): Promise<T | null> {
  controllers.get(key)?.abort()
  const controller = new AbortController()
  controllers.set(key, controller)
  set(key, { doneBytes: 0, bytes: 0, error: null })
  try {
    for await (const { doneBytes, bytes, result } of await begin(controller.signal)) {
      if (controller.signal.aborted) return null
      if (result !== null) {
        dismissWork(key)
        return result
      }
      set(key, { doneBytes, bytes, error: null })
    }
    dismissWork(key)
  } catch (thrown) {
    if (!controller.signal.aborted) set(key, { doneBytes: 0, bytes: 0, error: toAppError(thrown).toInfo() })
  } finally {
    if (controllers.get(key) === controller) controllers.delete(key)
  }
  return null
}

export const verifyKey = (id: string): string => `verify:${id}`
export const importKey = (textPath: string): string => `import:${textPath}`
export const moveKey = 'move'

/** Computes a model's digests again. */
export const verifyModel = (id: string): Promise<LibraryModel | null> =>
  runWork(verifyKey(id), (signal) => call((core) => core.library.verify({ id }, { signal })))

/** Takes a found model into the library. */
export const importModel = (found: {
  textPath: string
  projectorPath: string | null
  mode: ImportMode
  keeper?: string
  name?: string
}): Promise<LibraryModel | null> =>
  runWork(importKey(found.textPath), (signal) => call((core) => core.library.import(found, { signal })))

/** Moves the models folder with what is in it. */
export const moveModels = (folder: string): Promise<ModelSpace | null> =>
  runWork(moveKey, (signal) => call((core) => core.library.moveFolder({ folder }, { signal })))
