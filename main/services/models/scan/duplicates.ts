import { stat } from 'node:fs/promises'
import { sha256Of } from '../../../lib/files/index.ts'
import { fingerprintOf } from '../files/fingerprint.ts'
import type { Entry, EntryFile } from '../types.ts'

/** Files up to this size are hashed in full before they are called equal, in bytes. */
const CONFIRM_BYTES = 512 * 2 ** 20

/** Finds the model of the library that has the same language model as the file(s) at `paths`. */
export type FindDuplicate = (
  paths: readonly string[],
  sha256: string | null,
  signal?: AbortSignal,
) => Promise<string | null>

type Content = Pick<EntryFile, 'path' | 'sha256'>

/**
 * Gives the id of the model among `entries` whose language model has the same content; null when there is none. Equal
 * digests are equal content; where one is not known, size, first and last MiB decide, and for files up to 512 MiB the
 * digests of both. Each file is read once, however many it is compared with. What cannot be read is equal to nothing.
 * Throws the signal's reason when it aborts.
 */
export function duplicatesAmong(entries: readonly Entry[]): FindDuplicate {
  const fingerprint = once((path: string) => fingerprintOf(path))
  const digest = once((path: string, signal?: AbortSignal) => sha256Of(path, signal))
  const isSame = async (a: Content, b: Content, signal?: AbortSignal): Promise<boolean> => {
    if (a.sha256 !== null && b.sha256 !== null) return a.sha256 === b.sha256
    try {
      const [size, other] = [(await stat(a.path)).size, (await stat(b.path)).size]
      if (size !== other || (await fingerprint(a.path)) !== (await fingerprint(b.path))) return false
      return (
        size > CONFIRM_BYTES ||
        (a.sha256 ?? (await digest(a.path, signal))) === (b.sha256 ?? (await digest(b.path, signal)))
      )
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof Error && 'code' in error) return false
      throw error
    }
  }
  return async (paths, sha256, signal) => {
    for (const { model, files } of entries) {
      const own = files.filter((file) => file.role === 'text')
      if (own.length !== paths.length) continue
      let same = true
      for (const [i, file] of own.entries())
        same &&= await isSame({ path: paths[i]!, sha256: paths.length === 1 ? sha256 : null }, file, signal)
      if (same) return model.id
    }
    return null
  }
}

/** Work on a path that is done the first time only. */
function once(work: (path: string, signal?: AbortSignal) => Promise<string>): typeof work {
  const done = new Map<string, Promise<string>>()
  return (path, signal) => {
    const known = done.get(path) ?? work(path, signal)
    done.set(path, known)
    return known
  }
}
