import { stat } from 'node:fs/promises'
import { fingerprintOf, sha256Of } from '../files/digests.ts'
import type { Entry } from '../types.ts'

/** Files up to this size are hashed in full before they are called equal, in bytes. */
const CONFIRM_BYTES = 512 * 2 ** 20

/**
 * Id of the model whose language model has the same content as the file(s) at `paths`; null when there is none. Equal
 * digests are equal content; where one is not known, size, first and last MiB decide, and for files up to 512 MiB the
 * digests of both. What cannot be read is equal to nothing. @throws the signal's reason when it aborts.
 */
export async function duplicateOf(paths: readonly string[], sha256: string | null, entries: readonly Entry[], signal?: AbortSignal): Promise<string | null> {
  for (const { model, files } of entries) {
    const own = files.filter((file) => file.role === 'text')
    if (own.length !== paths.length) continue
    let same = true
    for (const [i, file] of own.entries()) same &&= await isSame(paths[i]!, paths.length === 1 ? sha256 : null, file.path, file.sha256, signal)
    if (same) return model.id
  }
  return null
}

async function isSame(a: string, aDigest: string | null, b: string, bDigest: string | null, signal?: AbortSignal): Promise<boolean> {
  if (aDigest !== null && bDigest !== null) return aDigest === bDigest
  try {
    const [size, other] = [(await stat(a)).size, (await stat(b)).size]
    if (size !== other || (await fingerprintOf(a)) !== (await fingerprintOf(b))) return false
    return size > CONFIRM_BYTES || (aDigest ?? (await sha256Of(a, signal))) === (bDigest ?? (await sha256Of(b, signal)))
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof Error && 'code' in error) return false
    throw error
  }
}
