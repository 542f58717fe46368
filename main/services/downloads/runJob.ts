import { open } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { sha256Of } from '../../lib/files/files.ts'
import { fileSize, openFolder } from './disk/partFile.ts'
import type { OpenPartFile } from './disk/partFile.ts'
import type { TargetLocks } from './disk/targetLocks.ts'
import { diskFull, toDiskError } from './failures.ts'
import { fetchFile, occupied, partPath } from './fetchFile.ts'
import type { createHeads } from './heads.ts'
import type { FileRequests } from './http/fileRequests.ts'
import type { Progress } from './progress.ts'
import type { DownloadRows, StoredFile, StoredJob } from './rows.ts'
import type {
  Clock,
  DownloadFile,
  DownloadsOptions,
  FinishedDownload,
  JobFacts,
  RemoteHead,
  TransferSettings,
} from './types.ts'

export interface JobTools {
  readonly rows: DownloadRows
  readonly requests: FileRequests
  readonly locks: TargetLocks
  readonly settings: TransferSettings
  readonly clock: Clock
  readonly modelsFolder: string
  readonly openPartFile: OpenPartFile
  readonly freeBytes: (folder: string) => Promise<number>
  readonly headers: (url: URL) => Promise<Record<string, string>>
  readonly heads: ReturnType<typeof createHeads>
  readonly check: DownloadsOptions['check']
  /** What is done at the moment. `retryAt`: ms since 1970. */
  readonly onPhase: (phase: 'checking' | 'running' | 'retrying' | 'verifying', retryAt: number | null) => void
  /** The file at `index` is being fetched; null: not any more. */
  readonly onProgress: (index: number, progress: Progress | null) => void
  readonly onBytes: (bytes: number) => void
}

/**
 * Brings every file of a job to its place, verified; what is there already is kept. Throws Busy, DiskFull, StorageFailed
 * and what `fetchFile` throws, and the signal's reason when it aborts.
 */
export async function runJob(job: StoredJob, tools: JobTools, signal: AbortSignal): Promise<FinishedDownload> {
  const { modelsFolder, onPhase } = tools
  try {
    const folder = await openFolder(modelsFolder, job.folder)
    await checkSpace(job, folder, tools)
    await look(job, folder, tools, signal)
    for (const index of job.files.keys()) {
      onPhase('running', null)
      await obtain(job, index, folder, tools, signal)
    }
    const { id, name, entryId, quantization, files } = job
    return {
      id,
      name,
      entryId,
      quantization,
      files: files.map(({ name, url, role, bytes, sha256 }) => ({
        path: join(folder, name),
        url,
        role,
        bytes,
        sha256,
      })),
    }
  } catch (error) {
    signal.throwIfAborted()
    throw toDiskError(error, join(modelsFolder, job.folder))
  }
}

/** A job as the hooks see it. */
export const factsOf = ({ name, entryId, quantization, sources: { from }, files }: StoredJob): JobFacts => ({
  name,
  entryId,
  quantization,
  from,
  files,
})

/** Has the files looked at before anything but their first bytes is fetched. */
async function look(
  job: StoredJob,
  folder: string,
  { check, heads, rows, onPhase }: JobTools,
  signal: AbortSignal,
): Promise<void> {
  if (!check || job.sources.isChecked) return
  onPhase('checking', null)
  const onWait = (until: number | null) => onPhase(until === null ? 'checking' : 'retrying', until)
  const openAnywhere = async (file: DownloadFile) => {
    const stored = job.files.find(({ path }) => path === file.path)
    const target = stored?.stage === 'placed' ? join(folder, stored.name) : null
    if (target !== null && (await fileSize(target)) === file.bytes) return openHere(target, file.bytes)
    return heads.open({ ...file, name: posix.basename(file.path) }, { signal, onWait })
  }
  await check(factsOf(job), openAnywhere, signal)
  job.sources = { ...job.sources, isChecked: true }
  rows.updateSources(job)
}

/** A file that is in its place already. */
async function openHere(path: string, bytes: number): Promise<RemoteHead> {
  const handle = await open(path)
  return {
    ...{ size: bytes, fetchedBytes: () => 0, hasRanges: () => null, close: () => handle.close() },
    read: async (target, offset, length, position) => (await handle.read(target, offset, length, position)).bytesRead,
  }
}

async function checkSpace({ files }: StoredJob, folder: string, { settings, freeBytes }: JobTools): Promise<void> {
  let missing = 0
  for (const file of files) {
    const target = join(folder, file.name)
    if ((await fileSize(target)) === file.bytes) continue
    const isKept = (await fileSize(partPath(target))) === file.bytes
    missing += file.bytes - (isKept ? savedBytes(file) : 0)
  }
  if (missing === 0) return
  const free = await freeBytes(folder)
  if (free < missing + settings.spareBytes) throw diskFull(missing + settings.spareBytes, free)
}

/** Bytes of a file that are known to be on the disk. */
export const savedBytes = ({ stage, bytes, progress }: StoredFile) =>
  stage === 'part' ? (progress?.done.reduce((sum, count) => sum + count, 0) ?? 0) : bytes

async function obtain(
  job: StoredJob,
  index: number,
  folder: string,
  tools: JobTools,
  signal: AbortSignal,
): Promise<void> {
  const { rows, locks, onPhase, onProgress } = tools
  const file = job.files[index] as StoredFile
  const target = join(folder, file.name)
  if (file.stage === 'placed' && (await fileSize(target)) === file.bytes) return
  const write = (change: Partial<Pick<StoredFile, 'stage' | 'isOwn' | 'progress'>>) => {
    Object.assign(file, change)
    rows.updateFile(job, index)
  }

  const unlock = await locks.take(target, signal)
  try {
    const size = await fileSize(target)
    if (size === null) {
      write({ stage: 'part', isOwn: true })
      await fetchFile(
        {
          source: { name: file.name, url: file.url, ownHeaders: () => tools.headers(new URL(file.url)) },
          ...{ bytes: file.bytes, sha256: file.sha256, target, saved: file.progress },
        },
        {
          ...tools,
          save: (progress) => write({ progress }),
          onChecked: () => write({ stage: 'checked' }),
          onWait: (until) => onPhase(until === null ? 'running' : 'retrying', until),
          onProgress: (progress) => onProgress(index, progress),
          onVerifying: () => onPhase('verifying', null),
          begun: (url) => tools.heads.taken(url),
        },
        signal,
      )
    } else {
      onPhase('verifying', null)
      if (size !== file.bytes || !(await isTheFile(file, target, signal))) throw occupied(target)
    }
    write({ stage: 'placed', progress: null })
    tools.heads.forget(file.url)
  } finally {
    onProgress(index, null)
    unlock()
  }
}

/** Whether the file at `target`, of the right size, is the wanted one. Without a digest only one that this job put there is. */
async function isTheFile({ sha256, stage }: StoredFile, target: string, signal: AbortSignal): Promise<boolean> {
  return sha256 === null ? stage !== 'part' : (await sha256Of(target, signal)) === sha256
}
