import { stat } from 'node:fs/promises'
import { sha256Of } from '../../../lib/files/index.ts'
import { fingerprintOf } from '../files/fingerprint.ts'
import type { Entry, EntryFile } from '../types.ts'

/** Files up to this size are hashed in full before they are called equal, in bytes. */
const CONFIRM_BYTES = 512 * 2 ** 20

/**
 * Id of the model whose language model has the same content as the file(s) at `paths`; null when there is none. Equal
 * digests are equal content; where one is not known, size, first and last MiB decide, and for files up to 512 MiB the
 * digests of both. What cannot be read is equal to nothing. @throws the signal's reason when it aborts.
 */
export async function duplicateOf(
  paths: readonly string[],
  sha256: string | null,
  entries: readonly Entry[],
  signal?: AbortSignal,
): Promise<string | null> {
  const known = (path: string): Content => ({ path, sha256: paths.length === 1 ? sha256 : null })
  for (const { model, files } of entries) {
    const own = files.filter((file) => file.role === 'text')
    if (own.length !== paths.length) continue
    let same = true
    for (const [i, file] of own.entries()) same &&= await isSame(known(paths[i]!), file, signal)
    if (same) return model.id
  }
  return null
}

type Content = Pick<EntryFile, 'path' | 'sha256'>

async function isSame(a: Content, b: Content, signal?: AbortSignal): Promise<boolean> {
  if (a.sha256 !== null && b.sha256 !== null) return a.sha256 === b.sha256
  try {
    const [size, other] = [(await stat(a.path)).size, (await stat(b.path)).size]
    if (size !== other || (await fingerprintOf(a.path)) !== (await fingerprintOf(b.path))) return false
    const digestOf = async ({ path, sha256 }: Content) => sha256 ?? (await sha256Of(path, signal))
    return size > CONFIRM_BYTES || (await digestOf(a)) === (await digestOf(b))
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof Error && 'code' in error) return false
    throw error
  }
}
