import { rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openFolder } from './disk/folder.ts'
import type { TargetLocks } from './disk/targetLocks.ts'
import { toDiskError } from './failures.ts'
import { partPath } from './fetchFile.ts'
import type { StoredJob } from './rows.ts'

/**
 * Deletes what a job downloaded: its unfinished files, and the finished ones that it made itself and that neither another
 * job nor a model has. A file that another job is writing stays. Throws StorageFailed.
 */
export async function discardFiles(
  job: StoredJob,
  modelsFolder: string,
  { others, locks, isUsed }: { others: readonly StoredJob[]; locks: TargetLocks; isUsed: (path: string) => boolean },
): Promise<void> {
  const path = join(modelsFolder, job.folder)
  try {
    const folder = await openFolder(modelsFolder, job.folder)
    for (const { name, isOwn, stage } of job.files) {
      if (!isOwn) continue
      const target = join(folder, name)
      const unlock = locks.tryTake(target)
      if (!unlock) continue
      try {
        await rm(partPath(target), { force: true })
        const isShared = others.some(
          (other) => other.folder === job.folder && other.files.some((file) => file.name === name),
        )
        if (stage !== 'part' && !isShared && !isUsed(target)) await rm(target, { force: true })
      } finally {
        unlock()
      }
    }
    // Only when nothing else is in it.
    await rmdir(folder).catch(() => {})
  } catch (error) {
    throw toDiskError(error, path)
  }
}
