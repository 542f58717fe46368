import { createHash } from 'node:crypto'
import { lstat, open, realpath, stat, statfs } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { AppError, say } from '#contract'
import type { ModelSpace } from '#contract'

/** Room on the disk that holds a path, in bytes. */
export interface DiskRoom {
  readonly freeBytes: number
  readonly totalBytes: number
}

/** Asks the system for the room on the disk of a folder or file that is there. */
export type ReadRoom = (path: string) => Promise<DiskRoom>

export const readRoom: ReadRoom = async (path) => {
  const { bavail, blocks, bsize } = await statfs(path)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}

/** What stays free on a disk when files are copied to it, in bytes. */
const SPARE_BYTES = 64 * 2 ** 20

/** @throws AppError DiskFull when `bytes` more do not fit beside `folder` (or the nearest folder above it that is there). */
export async function needRoom(folder: string, bytes: number, read: ReadRoom): Promise<void> {
  const { freeBytes } = await read(await nearest(folder))
  if (freeBytes - SPARE_BYTES >= bytes) return
  const what = `${gigabytes(bytes)} are needed in ${folder} and ${gigabytes(freeBytes)} are free.`
  throw new AppError('DiskFull', say`${what} Free some space, or choose another folder.`, {
    needed: bytes,
    free: freeBytes,
  })
}

/** The path itself or the nearest folder above it that is there. */
async function nearest(path: string): Promise<string> {
  for (let at = resolve(path); ; at = dirname(at)) {
    if (dirname(at) === at || (await lstat(at).catch(() => null))) return at
  }
}

/** The real path; of something that is not there yet, below the real path of the nearest folder above it. */
export async function realOf(path: string): Promise<string> {
  const there = await nearest(path)
  const rest = relative(there, resolve(path))
  const real = await realpath(there)
  return rest === '' ? real : resolve(real, rest)
}

/** Whether `path` is below `folder`; both are real paths. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/**
 * An error of the file system as DiskFull or StorageFailed, any other value as it is. `doing` completes "... failed: the disk
 * answered EACCES."
 */
export function toDiskError(error: unknown, doing: string): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (error instanceof AppError || !(error instanceof Error) || typeof code !== 'string' || !('syscall' in error))
    return error
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const message = `${doing} failed: the disk is full. Nothing was changed; free some space and try again.`
    return new AppError('DiskFull', message, { code }, { cause: error })
  }
  const path = (error as NodeJS.ErrnoException).path ?? ''
  const what = code === 'EBUSY' || code === 'ETXTBSY' ? 'another program uses the file' : `the disk answered ${code}`
  const advice = 'Check that the disk is connected and that you may write there, then try again.'
  const message = `${doing} failed: ${what}${path && ` for ${path}`}. Nothing was changed. ${advice}`
  return new AppError('StorageFailed', message, { code, path }, { cause: error })
}

const gigabytes = (bytes: number) => (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`)

/** What files take in all and on each disk, each file counted once; the disk of `folder` comes first, also when it is empty. */
export async function spaceOf(folder: string, paths: readonly string[], readRoom: ReadRoom): Promise<ModelSpace> {
  const home = await nearest(folder)
  const disks = new Map([[(await stat(home, { bigint: true })).dev, { path: folder, at: home, modelBytes: 0 }]])
  const seen = new Set<string>()
  for (const path of paths) {
    const info = await stat(path, { bigint: true }).catch(() => null)
    if (!info || seen.has(`${info.dev}:${info.ino}`)) continue
    seen.add(`${info.dev}:${info.ino}`)
    const disk = disks.get(info.dev) ?? { path: dirname(path), at: dirname(path), modelBytes: 0 }
    disk.modelBytes += Number(info.size)
    disks.set(info.dev, disk)
  }
  const shown = [...disks.values()].map(async ({ path, at, modelBytes }) => ({
    path,
    modelBytes,
    ...(await readRoom(at)),
  }))
  return {
    folder,
    bytes: [...disks.values()].reduce((sum, disk) => sum + disk.modelBytes, 0),
    disks: await Promise.all(shown),
  }
}

const CHUNK_BYTES = 1 << 20

/**
 * Size and SHA-256 over the first and the last MiB: equal for equal files, and for few others. @throws the file system's
 * errors.
 */
export async function fingerprintOf(path: string): Promise<string> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const hash = createHash('sha256')
    const part = Buffer.alloc(CHUNK_BYTES)
    for (const at of [0, Math.max(0, size - CHUNK_BYTES)]) {
      const { bytesRead } = await file.read(part, 0, CHUNK_BYTES, at)
      hash.update(part.subarray(0, bytesRead))
    }
    return `${size}:${hash.digest('hex')}`
  } finally {
    await file.close()
  }
}
