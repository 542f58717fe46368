import { Download, ErrorInfo } from '#contract'
import { z } from 'zod'
import { toStorageError } from '../../lib/database/index.ts'
import type { Database } from '../../lib/database/index.ts'
import { SavedProgress } from './progress.ts'
import type { DownloadFile } from './types.ts'

/** Where a job comes from and where not, and whether its files have been looked at before they are fetched. */
const JobSources = Download.pick({ from: true, passedOver: true }).extend({ isChecked: z.boolean() })
type JobSources = z.infer<typeof JobSources>

/** What a job is left in when nothing runs. */
export type JobState = 'queued' | 'paused' | 'failed' | 'done'

/** See the migration for the meaning of the fields. */
export interface StoredFile extends DownloadFile {
  readonly name: string
  stage: 'part' | 'checked' | 'placed'
  isOwn: boolean
  progress: SavedProgress | null
}

/** A job as it is in the database. */
export interface StoredJob {
  readonly id: string
  readonly name: string
  readonly entryId: string
  readonly quantization: string
  readonly startedAt: number
  folder: string
  files: readonly StoredFile[]
  sources: JobSources
  position: number
  state: JobState
  error: ErrorInfo | null
  modelId: string | null
}

/** The jobs in the database. Every method throws StorageFailed. */
export interface DownloadRows {
  all(): StoredJob[]
  add(job: StoredJob): void
  /** Writes position, state, error and model of a job. */
  update(job: StoredJob): void
  /** Writes the sources of a job. */
  updateSources(job: StoredJob): void
  /** Writes the folder, the files and the sources of a job, whose files are others now. */
  replaceFiles(job: StoredJob): void
  /** Writes stage, ownership and progress of the file at `index` of a job. */
  updateFile(job: StoredJob, index: number): void
  remove(id: string): void
}

interface JobRow {
  id: string
  position: number
  name: string
  entry_id: string
  quantization: string
  folder: string
  state: JobState
  error: string | null
  model_id: string | null
  started_at: number
  sources: string | null
}

interface FileRow {
  path: string
  url: string
  bytes: number
  sha256: string | null
  role: 'text' | 'projector'
  name: string
  stage: StoredFile['stage']
  is_own: number
  progress: string | null
}

/** Prepares the statements on the tables of downloads. */
export function downloadRows(db: Database): DownloadRows {
  const jobs = db.prepare<[], JobRow>('SELECT * FROM downloads ORDER BY position')
  const files = db.prepare<[string], FileRow>('SELECT * FROM download_files WHERE download_id = ? ORDER BY ordinal')
  const insertJob = db.prepare(`
    INSERT INTO downloads (id, position, name, entry_id, quantization, folder, state, error, model_id, started_at, sources)
    VALUES (@id, @position, @name, @entryId, @quantization, @folder, @state, @error, @modelId, @startedAt, @sources)`)
  const insertFile = db.prepare(`
    INSERT INTO download_files (download_id, ordinal, path, url, bytes, sha256, role, name, stage, is_own, progress)
    VALUES (@id, @ordinal, @path, @url, @bytes, @sha256, @role, @name, @stage, @isOwn, @progress)`)
  const updateJob = db.prepare(
    'UPDATE downloads SET position = @position, state = @state, error = @error, model_id = @modelId WHERE id = @id',
  )
  const updateFile = db.prepare(`
    UPDATE download_files SET stage = @stage, is_own = @isOwn, progress = @progress
    WHERE download_id = @id AND ordinal = @ordinal`)
  const updateSources = db.prepare('UPDATE downloads SET folder = @folder, sources = @sources WHERE id = @id')
  const removeFiles = db.prepare('DELETE FROM download_files WHERE download_id = ?')
  const remove = db.prepare('DELETE FROM downloads WHERE id = ?')
  const storeSources = ({ id, folder, sources }: StoredJob) =>
    void updateSources.run({ id, folder, sources: JSON.stringify(sources) })
  const insertFiles = (job: StoredJob) =>
    job.files.forEach((file, ordinal) => insertFile.run({ ...file, ...fileFields(job.id, ordinal, file) }))
  const guarded =
    <A extends unknown[], R>(work: (...args: A) => R) =>
    (...args: A): R => {
      try {
        return work(...args)
      } catch (error) {
        throw toStorageError(error, db.name)
      }
    }

  return {
    all: guarded(() => jobs.all().map((row) => jobOf(row, files.all(row.id)))),
    add: guarded((job) =>
      db.transaction(() => {
        const { id, position, name, entryId, quantization, folder, state, modelId, startedAt } = job
        insertJob.run({
          ...{ id, position, name, entryId, quantization, folder, state, modelId, startedAt },
          ...{ error: job.error && JSON.stringify(job.error), sources: JSON.stringify(job.sources) },
        })
        insertFiles(job)
      })(),
    ),
    updateSources: guarded((job) => storeSources(job)),
    replaceFiles: guarded((job) =>
      db.transaction(() => {
        storeSources(job)
        removeFiles.run(job.id)
        insertFiles(job)
      })(),
    ),
    update: guarded(
      ({ id, position, state, error, modelId }) =>
        void updateJob.run({ id, position, state, modelId, error: error && JSON.stringify(error) }),
    ),
    updateFile: guarded((job, index) => {
      const file = job.files[index] as StoredFile
      updateFile.run({ ...fileFields(job.id, index, file), stage: file.stage })
    }),
    remove: guarded((id) => void remove.run(id)),
  }
}

const fileFields = (id: string, ordinal: number, { isOwn, progress }: StoredFile) => ({
  id,
  ordinal,
  isOwn: Number(isOwn),
  progress: progress && JSON.stringify(progress),
})

function jobOf(row: JobRow, files: FileRow[]): StoredJob {
  const { id, position, name, quantization, folder, state } = row
  return {
    id,
    position,
    name,
    quantization,
    folder,
    state,
    entryId: row.entry_id,
    modelId: row.model_id,
    startedAt: row.started_at,
    error: read(row.error, ErrorInfo),
    sources: read(row.sources, JobSources) ?? { from: null, passedOver: [], isChecked: true },
    files: files.map(({ is_own, progress, path, url, bytes, sha256, role, name, stage }) => ({
      ...{ path, url, bytes, sha256, role, name, stage },
      isOwn: is_own === 1,
      progress: read(progress, SavedProgress),
    })),
  }
}

/** A stored value; one that is damaged counts as none. */
function read<T>(
  json: string | null,
  schema: { safeParse: (value: unknown) => { success: boolean; data?: T } },
): T | null {
  if (json === null) return null
  try {
    return schema.safeParse(JSON.parse(json)).data ?? null
  } catch {
    return null
  }
}
