import { rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError, say } from '#contract'
import { sha256Of, syncFolder } from '../../lib/files/files.ts'
import { fileSize, openFolder } from './disk/partFile.ts'
import type { OpenPartFile, PartFile } from './disk/partFile.ts'
import type { TargetLocks } from './disk/targetLocks.ts'
import { digestMismatch, toDiskError } from './failures.ts'
import type { Identity } from './http/checkResponse.ts'
import { Progress } from './progress.ts'
import type { SavedProgress } from './progress.ts'
import type { StoredJob } from './rows.ts'
import { transfer } from './transfer.ts'
import type { Source, TransferTools } from './transfer.ts'

/** A file to be fetched and where it goes; nothing may be at `target`. */
export interface FileJob {
  readonly source: Source
  readonly bytes: number
  readonly sha256: string | null
  readonly target: string
  readonly saved: SavedProgress | null
}

export interface FileTools extends Omit<TransferTools, 'checkpoint'> {
  readonly openPartFile: OpenPartFile
  /** Records what is on the disk; null: nothing. */
  readonly save: (progress: SavedProgress | null) => void
  /** The file is about to be moved to its place, all checks passed. */
  readonly onChecked: () => void
  readonly onProgress: (progress: Progress) => void
  readonly onVerifying: () => void
  /** The first bytes of a file where they have been read already, and of which version; null: they have not. */
  readonly begun: (url: string) => { readonly bytes: Uint8Array; readonly identity: Identity } | null
}

/** Another file has the place. */
export const occupied = (target: string) =>
  new AppError('StorageFailed', say`Another file is at ${target} already. Move it away, then resume the download.`, {
    path: target,
  })

/** Where a file lies until it is verified. */
export const partPath = (target: string) => `${target}.part`

/**
 * Downloads a file beside its target, verifies its size and digest and moves it there. Throws DigestMismatch and
 * FileChanged, after which nothing of it is left, and what `transfer` throws, after which the rest can be fetched later.
 */
export async function fetchFile(job: FileJob, tools: FileTools, signal: AbortSignal): Promise<void> {
  const { source, bytes, sha256, target } = job
  const path = partPath(target)
  // What was recorded counts only for the file it was recorded for.
  const saved = (await fileSize(path)) === bytes ? job.saved : null
  if (!saved && job.saved) tools.save(null)
  const part = await tools.openPartFile(path, bytes)
  try {
    const progress = new Progress(bytes, tools.settings.partBytes, saved)
    tools.onProgress(progress)
    const begun = saved ? null : tools.begun(source.url)
    if (begun) {
      await part.write(begun.bytes, 0)
      progress.begin(begun.bytes.length, begun.identity)
    }
    try {
      await transferred(source, part, progress, tools, signal)
    } finally {
      await part.close()
    }
    tools.onVerifying()
    const found = sha256 === null ? null : await sha256Of(path, signal)
    if (found !== sha256) throw digestMismatch(source.name, sha256 as string, found as string)
  } catch (error) {
    if (error instanceof AppError && (error.code === 'FileChanged' || error.code === 'DigestMismatch'))
      await forget(path, tools)
    throw error
  }
  signal.throwIfAborted()
  if ((await fileSize(target)) !== null) throw occupied(target)
  tools.onChecked()
  await rename(path, target)
  await syncFolder(dirname(target))
}

/** Transfers with checkpoints: every so many bytes or ms, and at the end, however that comes. */
async function transferred(
  source: Source,
  part: PartFile,
  progress: Progress,
  tools: FileTools,
  signal: AbortSignal,
): Promise<void> {
  const { settings, clock, save } = tools
  let recorded = progress.doneBytes
  let recordedAt = clock.now()
  let running: Promise<void> | null = null

  const record = async () => {
    recorded = progress.doneBytes
    recordedAt = clock.now()
    const snapshot = progress.snapshot()
    await part.sync()
    save(snapshot)
  }
  const isDue = () =>
    progress.doneBytes - recorded >= settings.checkpointBytes || clock.now() - recordedAt >= settings.checkpointMs
  const checkpoint = async () => {
    if (running || !isDue()) return
    running = record().finally(() => (running = null))
    await running
  }

  try {
    await transfer(source, part, progress, { ...tools, checkpoint }, signal)
  } catch (error) {
    // What arrived is kept where that can be done; the failure that ended the transfer is the one to be told.
    await record().catch(() => {})
    throw error
  }
  await record()
}

async function forget(path: string, tools: FileTools): Promise<void> {
  tools.save(null)
  await rm(path, { force: true })
}

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
