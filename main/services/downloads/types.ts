import type { Download, PassedOver, SourceName } from '#contract'
import type { Database } from '../../lib/database/index.ts'
import type { EventStream } from '../../lib/events.ts'
import type { OpenPartFile } from './disk/partFile.ts'

/** A file to be downloaded, as a listing pinned to a revision tells it. `sha256`: hexadecimal; null when the source has none. */
export interface DownloadFile {
  /** Path in the repository. */
  readonly path: string
  /** http or https. */
  readonly url: string
  readonly bytes: number
  readonly sha256: string | null
  readonly role: 'text' | 'projector'
}

/** The first bytes of a file that is still at its source. `read` fetches them as they are asked for, up to 16 MB. */
export interface RemoteHead {
  /** Of the whole file. */
  readonly size: number
  /** Puts up to `length` bytes from `position` on into `target` at `offset`; answers how many, 0 at the end of the file. */
  read(target: Uint8Array, offset: number, length: number, position: number): Promise<number>
  close(): Promise<void>
  /** Bytes that were fetched for this reading; what was there already does not count. */
  fetchedBytes(): number
  /** Whether the source sends parts of files; null while it was not asked. */
  hasRanges(): boolean | null
}

/**
 * Opens a file at its source; nothing is fetched before it is read. `onWait`: connections that were lost are waited for as
 * in a download, until that time (ms since 1970; null: it goes on); without it three quick tries have to do.
 * `read` throws SourceUnreachable, SourceRefused, NotFound, FileChanged, UnsupportedModel beyond 16 MB; the signal's reason.
 */
export type OpenHead = (
  file: { readonly url: string; readonly name: string; readonly bytes: number },
  options: {
    readonly signal: AbortSignal
    readonly onBytes?: (bytes: number) => void
    readonly onWait?: (until: number | null) => void
  },
) => Promise<RemoteHead>

/** Reads files before they are downloaded; what it has read is where their download begins. */
export interface Heads {
  readonly open: OpenHead
}

/** Where the files of a job come from. */
export interface JobSource {
  readonly source: SourceName
  /** "owner/name" */
  readonly repository: string
}

/** Where else the files of a job can be had, and what was wrong where they came from. */
export interface Replacement {
  readonly from: JobSource
  readonly files: readonly DownloadFile[]
  readonly reason: string
}

/** A model with its projector, downloaded as one job into one folder. */
export interface DownloadRequest {
  /** Name of the model with its quantization, for people. */
  readonly name: string
  readonly entryId: string
  readonly quantization: string
  readonly files: readonly DownloadFile[]
  /** The repository that they are of. */
  readonly from?: JobSource
  /** Those that come before it and cannot be used, with why. */
  readonly passedOver?: readonly PassedOver[]
  /** Wanted name of the folder within the models folder; made safe for every file system. */
  readonly folder: string
}

/** A job whose files are all in their place. */
export interface FinishedDownload {
  readonly id: string
  readonly name: string
  readonly entryId: string
  readonly quantization: string
  readonly files: readonly FinishedFile[]
}

/**
 * `path` is absolute, `url` is where it was downloaded from. `sha256` is the source's digest, which the file has; null: the
 * source told none, and only the size is known to be right.
 */
export interface FinishedFile {
  readonly path: string
  readonly url: string
  readonly role: 'text' | 'projector'
  readonly bytes: number
  readonly sha256: string | null
}

/** A job as the hooks of the queue see it. */
export interface JobFacts {
  readonly name: string
  readonly entryId: string
  readonly quantization: string
  readonly from: JobSource | null
  readonly files: readonly DownloadFile[]
}

/** The queue of downloads. Every method throws NotFound for an unknown id and StorageFailed when the database does. */
export interface Downloads {
  /** Reads files that nobody has queued yet. */
  readonly heads: Heads
  /** All jobs, first of the queue first. */
  list(): Download[]
  /** All jobs at once, then again after changes, at most four times a second; pauses, failures and ends are told at once. */
  watch(signal?: AbortSignal): EventStream<Download[]>
  /**
   * Queues a job at the end. One of the same entry and quantization that is on its way, or done with its files still
   * there, is answered as it is. Throws InvalidInput.
   */
  start(request: DownloadRequest): Download
  /** Resolves when nothing writes any more; what arrived is kept. */
  pause(id: string): Promise<void>
  /** Goes on with a paused or failed job from what is there. */
  resume(id: string): void
  /** Makes it the first of the queue; one that ran in its place waits. */
  prioritise(id: string): void
  /** Ends the job and deletes what it downloaded; a job that is done only leaves the list. */
  remove(id: string): Promise<void>
  /** Stops all work and keeps what arrived; jobs that were on their way go on when the service is made again. */
  close(): Promise<void>
}

/** Time and chance, so that tests can choose them. */
export interface Clock {
  /** Ms since 1970. */
  now(): number
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  delay(ms: number, signal: AbortSignal): Promise<void>
  /** In [0, 1). */
  random(): number
}

/** How files are transferred. Sizes in bytes, times in ms. */
export interface TransferSettings {
  /** Ranges of one file that are fetched at the same time. */
  readonly connections: number
  /** Size of one range. */
  readonly partBytes: number
  /** What arrived is flushed to the disk and recorded at least this often. */
  readonly checkpointBytes: number
  readonly checkpointMs: number
  /** A connection without a byte for this long counts as lost. */
  readonly stallMs: number
  /** Tries in a row that bring nothing new before the job fails. */
  readonly tries: number
  /** Wait after the first failed try; doubled after each, up to the second. */
  readonly firstWaitMs: number
  readonly longestWaitMs: number
  /** A source that asks to be left alone for longer than this ends the job. */
  readonly longestRetryAfterMs: number
  /** What stays free on the disk beyond the file. */
  readonly spareBytes: number
}

export interface DownloadsOptions {
  readonly db: Database
  /** Asked whenever a job begins, so a changed folder counts from then on. */
  readonly modelsFolder: () => string
  /**
   * Makes a model of verified files and returns its id. Called again for the same files after a failure, or when the
   * process ended in it.
   */
  readonly onDone: (download: FinishedDownload) => Promise<string>
  /**
   * Looks at a job's files by their first bytes before anything else of them is fetched; throws what is wrong with them.
   * Jobs that have begun are not looked at again.
   */
  readonly check?: (
    job: JobFacts,
    open: (file: DownloadFile) => Promise<RemoteHead>,
    signal: AbortSignal,
  ) => Promise<void>
  /**
   * Where else a job's files can be had when it failed; null: nowhere, or it would fail there too. `earlier`: those that failed
   * before it since the job was started or resumed. Never throws.
   */
  readonly replace?: (
    job: JobFacts,
    error: unknown,
    earlier: readonly PassedOver[],
    signal: AbortSignal,
  ) => Promise<Replacement | null>
  /** Headers such as Authorization for the address of a file; sent to that origin only, never to where it redirects. */
  readonly headers?: (url: URL) => Promise<Record<string, string>>
  /** Whether a file belongs to a model of the library, so that removing a job leaves it. */
  readonly isUsed?: (path: string) => boolean
  /** Jobs at the same time. */
  readonly jobs?: number
  /** Where HTTP_PROXY, HTTPS_PROXY and NO_PROXY are read. */
  readonly env?: Record<string, string | undefined>
  readonly clock?: Clock
  readonly transfer?: Partial<TransferSettings>
  /** Free bytes on the disk of a folder. */
  readonly freeBytes?: (folder: string) => Promise<number>
  /** How unfinished files are opened. */
  readonly openPartFile?: OpenPartFile
}
