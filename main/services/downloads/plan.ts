import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, say } from '#contract'
import { z } from 'zod'
import { safeName } from '../../lib/files/files.ts'
import type { StoredJob } from './rows.ts'
import type { DownloadFile, DownloadRequest } from './types.ts'

const Request = z.object({
  name: z.string().min(1),
  entryId: z.string().min(1),
  quantization: z.string().min(1),
  folder: z.string().min(1),
  files: z
    .array(
      z.object({
        path: z.string().min(1),
        url: z.url({ protocol: /^https?$/ }),
        bytes: z.int().min(0),
        sha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .nullable(),
        role: z.enum(['text', 'projector']),
      }),
    )
    .min(1),
})

/** Throws InvalidInput for a request that cannot be a download. */
export function checkRequest(request: DownloadRequest): DownloadRequest {
  const checked = Request.safeParse(request)
  if (checked.success) return checked.data
  const issue = checked.error.issues[0]
  throw new AppError(
    'InvalidInput',
    say`This download cannot be started: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}. Choose the model again.`,
  )
}

/** Names within the models folder: of the job's folder, and of its files in their order. */
export interface Plan {
  readonly folder: string
  readonly names: readonly string[]
}

/**
 * Safe names for a job's folder and files. Another folder is taken when a file would meet a different one there, on the disk
 * or of another job; files stay as they are called, since split ones find each other by their names.
 */
export function planNames({ folder, files }: DownloadRequest, modelsFolder: string, jobs: readonly StoredJob[]): Plan {
  const names = uniqueNames(files.map(({ path }) => safeName(path)))
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? safeName(folder) : `${safeName(folder)}-${number}`
    const isFree = files.every((file, i) => {
      const name = names[i] as string
      return isFreeOnDisk(join(modelsFolder, candidate, name), file) && isFreeInJobs(jobs, candidate, name, file)
    })
    if (isFree) return { folder: candidate, names }
  }
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase()

function uniqueNames(names: string[]): string[] {
  return names.reduce<string[]>((all, name) => {
    let unique = name
    for (let number = 2; all.some((other) => same(other, unique)); number++)
      unique = name.replace(/(\.[^.]*)?$/, `-${number}$1`)
    return [...all, unique]
  }, [])
}

/** A file of the same size may be the same; its digest is computed before it is taken for it. */
function isFreeOnDisk(path: string, { bytes, sha256 }: DownloadFile): boolean {
  const facts = lstatSync(path, { throwIfNoEntry: false })
  return !facts || (facts.isFile() && facts.size === bytes && sha256 !== null)
}

function isFreeInJobs(
  jobs: readonly StoredJob[],
  folder: string,
  name: string,
  { bytes, sha256 }: DownloadFile,
): boolean {
  const others = jobs
    .filter((job) => same(job.folder, folder))
    .flatMap(({ files }) => files.filter((file) => same(file.name, name)))
  return others.every((other) => sha256 !== null && other.sha256 === sha256 && other.bytes === bytes)
}
