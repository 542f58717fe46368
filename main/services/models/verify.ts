import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { AppError } from '#contract'
import { awayDrive, sha256Of } from '../../lib/files/index.ts'
import { toDiskError } from './files/disk.ts'
import type { Registry } from './registry.ts'
import type { EntryFile, Work } from './types.ts'

/**
 * Computes the digests of a model's files and compares each with its source's, else with the earlier one, which stays
 * when the file has changed. @throws AppError NotFound, ModelNotFound, StorageFailed; the signal's reason.
 */
export async function verify(registry: Registry, id: string, { onProgress, signal }: Work): Promise<void> {
  const { files } = registry.entry(id)
  const sizes = await Promise.all(files.map(sizeOf))
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  let done = 0
  for (const file of files) {
    const found = await sha256Of(file.path, signal, (count) => onProgress((done += count), bytes)).catch(
      (error: unknown) => Promise.reject(toDiskError(error, `Reading ${basename(file.path)}`)),
    )
    const expected = file.sourceSha256 ?? file.sha256
    const digest =
      expected !== null && expected !== found ? 'changed' : file.sourceSha256 !== null ? 'verified' : 'computed'
    registry.setDigest(id, file.path, expected ?? found, digest)
  }
}

async function sizeOf({ path }: EntryFile): Promise<number> {
  const info = await stat(path).catch(() => null)
  if (info?.isFile()) return info.size
  const drive = await awayDrive(path)
  const gone = 'is not there any more. Put it back, or take the model from the list.'
  const away = `is on a drive that is not connected (${drive}). Connect it, then try again.`
  const message = `${basename(path)} ${drive === null ? gone : away}`
  throw new AppError('ModelNotFound', message, { path })
}
