import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Download } from '#contract'
import { openStore } from '../../../lib/database/index.ts'
import type { Store } from '../../../lib/database/index.ts'
import { createDownloads } from '../index.ts'
import type { Clock, Downloads, DownloadsOptions, FinishedDownload } from '../index.ts'

/** A service on a folder of its own, with small parts and waits that take no time. */
export interface Rig {
  readonly downloads: Downloads
  readonly store: Store
  /** What `onDone` was given. */
  readonly done: FinishedDownload[]
  /** Waits between tries that were asked for, in ms. */
  readonly waits: number[]
  readonly models: string
  /** Resolves with the job as soon as `is` holds for it. */
  until(id: string, is: (job: Download) => boolean): Promise<Download>
  /** Resolves when the job is done, failed or paused. */
  settled(id: string): Promise<Download>
  /** Every file in the models folder, by its path there. */
  files(): string[]
  close(): Promise<void>
}

/** Opens the data in `folder`; twice in a row is a restart. */
export function openRig(folder: string, options: Partial<DownloadsOptions> = {}): Rig {
  const store = openStore(join(folder, 'data'))
  const models = join(folder, 'models')
  const done: FinishedDownload[] = []
  const waits: number[] = []
  const clock: Clock = {
    now: Date.now,
    random: () => 1,
    async delay(ms, signal) {
      waits.push(ms)
      await setImmediate(undefined, { signal })
    },
  }
  const downloads = createDownloads({
    ...{ db: store.db, clock, env: {}, modelsFolder: () => models, freeBytes: async () => 1e12 },
    onDone: async (download) => {
      done.push(download)
      return `model of ${download.id}`
    },
    ...options,
    transfer: {
      ...{
        connections: 4,
        partBytes: 16 * 1024,
        checkpointBytes: 8 * 1024,
        stallMs: 10_000,
        tries: 5,
        firstWaitMs: 1000,
        spareBytes: 0,
      },
      ...options.transfer,
    },
  })
  const until = async (id: string, is: (job: Download) => boolean) => {
    for await (const jobs of downloads.watch()) {
      const job = jobs.find((candidate) => candidate.id === id)
      if (job && is(job)) return job
    }
    throw new Error('The service was closed.')
  }

  return {
    ...{ downloads, store, done, waits, models, until },
    settled: (id) => until(id, ({ state }) => state === 'done' || state === 'failed' || state === 'paused'),
    files: () =>
      existsSync(models)
        ? readdirSync(models, { recursive: true, withFileTypes: true })
            .filter((entry) => !entry.isDirectory())
            .map((entry) => join(entry.parentPath, entry.name).slice(models.length + 1))
            .sort()
        : [],
    async close() {
      await downloads.close()
      store.close()
    },
  }
}
