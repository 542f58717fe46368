import { stat } from 'node:fs/promises'
import type { LibraryModel } from '#contract'
import { awayDrive } from '../../lib/files/drives.ts'
import { isWithin, realOf } from './files/disk.ts'
import type { Entry } from './types.ts'

/** An entry as the window sees it; `folder` is the models folder, `driveOf` tells the drive of a path. */
export async function toLibraryModel(
  entry: Entry,
  isCurrent: boolean,
  folder: string,
  driveOf?: (path: string) => string | null,
): Promise<LibraryModel> {
  const { model, quantization, projectorQuantization, family, trainedContext, origin, addedAt, lastUsedAt, overrides } =
    entry
  const files = await Promise.all(
    entry.files.map(async ({ path, role, bytes, sha256, digest, scale }) => {
      const exists = (await stat(path).catch(() => null))?.isFile() ?? false
      return {
        path,
        role,
        bytes,
        sha256,
        digest,
        exists,
        awayDrive: exists ? null : await awayDrive(path, driveOf),
        scale,
      }
    }),
  )
  const facts = { quantization, projectorQuantization, family, trainedContext, addedAt, lastUsedAt, overrides }
  return { model, files, ...facts, origin: origin.label, isOwned: await isOwned(entry, folder), isCurrent }
}

/** Whether all of its files lie in the models folder, by their real paths. */
async function isOwned(entry: Entry, folder: string): Promise<boolean> {
  const own = entry.files.filter((file) => file.role !== 'adapter')
  return (
    (
      await pathsWithin(
        folder,
        own.map((file) => file.path),
      )
    ).length === own.length
  )
}

/** Real paths of those of `paths` that lie in `folder`, whether they are there or not. */
export async function pathsWithin(folder: string, paths: readonly string[]): Promise<string[]> {
  const outer = await realOf(folder)
  return (await Promise.all(paths.map(realOf))).filter((path) => isWithin(outer, path))
}
