import { randomUUID } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError, toErrorInfo, say } from '#contract'
import type { ErrorInfo, PassedOver } from '#contract'
import { freeBytesOf, openPartFile as openRealPartFile } from './disk/partFile.ts'
import { createTargetLocks } from './disk/targetLocks.ts'
import { createFeed } from './feed.ts'
import { discardFiles } from './fetchFile.ts'
import { createHeads } from './heads.ts'
import { createFileRequests } from './http/fileRequests.ts'
import { LiveJob } from './liveJob.ts'
import { checkRequest, planNames } from './plan.ts'
import { downloadRows } from './rows.ts'
import type { JobState, StoredFile, StoredJob } from './rows.ts'
import { factsOf, runJob } from './runJob.ts'
import type { Clock, DownloadFile, Downloads, DownloadsOptions, Replacement, TransferSettings } from './types.ts'

const MiB = 1024 * 1024

/** Four connections with ranges of 64 MiB; a source that brings nothing is tried for about seven minutes. */
export const defaultTransfer: TransferSettings = {
  connections: 4,
  partBytes: 64 * MiB,
  checkpointBytes: 16 * MiB,
  checkpointMs: 2000,
  stallMs: 30_000,
  tries: 12,
  firstWaitMs: 1000,
  longestWaitMs: 60_000,
  longestRetryAfterMs: 60 * 60_000,
  spareBytes: 256 * MiB,
}

const realClock: Clock = {
  now: Date.now,
  random: Math.random,
  delay: (ms, signal) => delay(ms, undefined, { signal }),
}

/**
 * The queue of downloads in `db`. Jobs that were on their way when the process ended go on by themselves, paused ones stay
 * paused. Throws StorageFailed.
 */
export function createDownloads(options: DownloadsOptions): Downloads {
  const { db, modelsFolder, onDone, isUsed, headers = async () => ({}), jobs: places = 1, env = process.env } = options
  const { clock = realClock, freeBytes = freeBytesOf, openPartFile = openRealPartFile } = options
  const rows = downloadRows(db)
  const requests = createFileRequests(env)
  const locks = createTargetLocks()
  const settings = { ...defaultTransfer, ...options.transfer }
  const heads = createHeads({ requests, settings, clock, headers })
  let jobs = rows.all().map((job) => new LiveJob(job, clock))
  let isClosed = false

  const inOrder = () => jobs.toSorted((a, b) => a.job.position - b.job.position)
  const list = () => inOrder().map((live) => live.describe())
  const feed = createFeed(list, () => jobs.some(({ run }) => run !== null))

  const find = (id: string): LiveJob => {
    const live = jobs.find(({ job }) => job.id === id)
    if (!live) throw new AppError('NotFound', say`This download is not in the list any more.`, { id })
    return live
  }
  /** Stored first, so that what is shown is what a restart finds. */
  const change = ({ job }: LiveJob, fields: Partial<Pick<StoredJob, 'state' | 'error' | 'modelId' | 'position'>>) => {
    rows.update({ ...job, ...fields })
    Object.assign(job, fields)
    feed.changed('at once')
  }
  const settle = (live: LiveJob, state: JobState, error: ErrorInfo | null, modelId: string | null = null) => {
    try {
      change(live, { state, error, modelId })
    } catch (failure) {
      Object.assign(live.job, { state: 'failed', error: error ?? toErrorInfo(failure, 'StorageFailed') })
    }
  }

  const work = async (live: LiveJob, signal: AbortSignal) => {
    const { job } = live
    const run = () =>
      runJob(
        job,
        {
          ...{
            rows,
            requests,
            locks,
            settings,
            clock,
            headers,
            heads,
            check: options.check,
            freeBytes,
            openPartFile,
            modelsFolder: modelsFolder(),
          },
          onPhase: (phase, retryAt) => {
            live.enter(phase, retryAt)
            feed.changed()
          },
          onProgress: (index, progress) => void live.progress.set(index, progress),
          onBytes: (bytes) => {
            live.speed.add(bytes)
            feed.changed()
          },
        },
        signal,
      )
    try {
      const earlier: PassedOver[] = []
      let finished = null
      while (!finished)
        try {
          finished = await run()
        } catch (error) {
          const other = signal.aborted ? null : await options.replace?.(factsOf(job), error, earlier, signal)
          if (!other) throw error
          if (job.sources.from) earlier.push({ ...job.sources.from, reason: other.reason })
          await replace(live, other)
        }
      live.enter('verifying', null)
      settle(live, 'done', null, await onDone(finished))
    } catch (error) {
      if (!signal.aborted) settle(live, 'failed', toErrorInfo(error))
    } finally {
      live.end()
      feed.changed('at once')
      schedule()
    }
  }

  /** Goes on with the files of another repository; those of the job that are the same to the bit are kept. */
  const replace = async (live: LiveJob, { from, files, reason }: Replacement) => {
    const { job } = live
    const others = jobs.filter((other) => other !== live).map((other) => other.job)
    const same = (file: DownloadFile) =>
      job.files.find(({ sha256, stage }) => stage === 'placed' && sha256 !== null && sha256 === file.sha256)
    const kept = new Set(files.flatMap((file) => same(file) ?? []))
    await discardFiles({ ...job, files: job.files.filter((file) => !kept.has(file)) }, modelsFolder(), {
      others,
      locks,
      isUsed: isUsed ?? (() => false),
    })
    const { name, entryId, quantization, sources } = job
    const taken = [...kept].map((file) => ({ ...job, files: [file] }))
    const { folder, names } = planNames({ name, entryId, quantization, files, folder: job.folder }, modelsFolder(), [
      ...others,
      ...taken,
    ])
    const passedOver = sources.from ? [...sources.passedOver, { ...sources.from, reason }] : sources.passedOver
    const stored = files.map((file, i): StoredFile => {
      const there = folder === job.folder ? same(file) : undefined
      return there ? { ...there, ...file } : { ...file, name: names[i]!, stage: 'part', isOwn: false, progress: null }
    })
    const next = { folder, files: stored, sources: { from, passedOver, isChecked: false } }
    rows.replaceFiles({ ...job, ...next })
    Object.assign(job, next)
    live.progress.clear()
    feed.changed('at once')
  }

  /** Runs the first of the queue and has the others wait; what is being verified is let to its end. */
  const schedule = () => {
    if (isClosed) return
    const first = inOrder()
      .filter(({ job }) => job.state === 'queued')
      .slice(0, places)
    for (const live of jobs) if (live.run && live.phase !== 'verifying' && !first.includes(live)) void live.stop()
    for (const live of first)
      if (!live.run && jobs.filter(({ run }) => run).length < places) live.begin((signal) => work(live, signal))
    feed.changed('at once')
  }

  queueMicrotask(schedule)

  return {
    heads: { open: heads.open },
    list,
    watch: (signal) => feed.watch(signal),
    start(request) {
      const wanted = checkRequest(request)
      const known = jobs.find(({ job }) => job.entryId === wanted.entryId && job.quantization === wanted.quantization)
      if (known && !(known.job.state === 'done' && isOver(known.job, modelsFolder(), isUsed))) return known.describe()
      if (known) forget(known)
      const { folder, names } = planNames(
        wanted,
        modelsFolder(),
        jobs.map(({ job }) => job),
      )
      const { name, entryId, quantization } = wanted
      const job: StoredJob = {
        ...{ id: randomUUID(), name, entryId, quantization, folder, startedAt: clock.now() },
        sources: { from: request.from ?? null, passedOver: [...(request.passedOver ?? [])], isChecked: false },
        ...{
          state: 'queued',
          error: null,
          modelId: null,
          position: Math.max(0, ...jobs.map(({ job }) => job.position + 1)),
        },
        files: wanted.files.map((file, i) => ({
          ...file,
          name: names[i] as string,
          stage: 'part',
          isOwn: false,
          progress: null,
        })),
      }
      rows.add(job)
      const live = new LiveJob(job, clock)
      jobs = [...jobs, live]
      schedule()
      return live.describe()
    },
    async pause(id) {
      const live = find(id)
      if (live.job.state !== 'queued') return
      change(live, { state: 'paused' })
      const ended = live.stop()
      schedule()
      await ended
    },
    resume(id) {
      const live = find(id)
      if (live.job.state !== 'paused' && live.job.state !== 'failed') return
      change(live, { state: 'queued', error: null })
      schedule()
    },
    prioritise(id) {
      const live = find(id)
      change(live, { position: Math.min(...jobs.map(({ job }) => job.position)) - 1 })
      schedule()
    },
    async remove(id) {
      const live = find(id)
      if (live.job.state === 'queued') change(live, { state: 'paused' })
      await live.stop()
      if (!jobs.includes(live)) return
      const others = jobs.filter((other) => other !== live).map(({ job }) => job)
      // Read again: its last step may have come to its end.
      if ((live.job.state as JobState) !== 'done')
        await discardFiles(live.job, modelsFolder(), { others, locks, isUsed: isUsed ?? (() => false) })
      forget(live)
      schedule()
    },
    async close() {
      isClosed = true
      await Promise.all(jobs.map((live) => live.stop()))
      feed.close()
      requests.close()
    },
  }

  function forget(live: LiveJob): void {
    rows.remove(live.job.id)
    jobs = jobs.filter((other) => other !== live)
  }
}

/** Whether a job that is done has nothing to show for it: a file is not in its place any more, or no model has one of them. */
function isOver({ folder, files }: StoredJob, modelsFolder: string, isUsed?: (path: string) => boolean): boolean {
  const paths = files.map(({ name }) => join(modelsFolder, folder, name))
  const areThere = paths.every((path, i) => lstatSync(path, { throwIfNoEntry: false })?.size === files[i]?.bytes)
  return !areThere || (isUsed !== undefined && !paths.some(isUsed))
}
