import { createHash, randomBytes } from 'node:crypto'
import { lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { AppError } from '#contract'
import { safeName } from '../../../lib/files/files.ts'
import type { ModelPair, Work } from '../types.ts'
import { needRoom, toDiskError } from './disk.ts'
import type { ReadRoom } from './disk.ts'
import { temporaryName } from './removeFiles.ts'

/** The files of a model in the models folder, with the SHA-256 of each. */
export interface Copied extends ModelPair {
  readonly digests: ReadonlyMap<string, string>
}

/**
 * Copies a model into a folder of its own within `folder`, under names made of `name`. The files are gathered in a
 * temporary folder that is renamed when all are there, so an abort or a failure leaves nothing.
 * @throws AppError DiskFull, StorageFailed, FileChanged; the signal's reason when it aborts.
 */
export async function importCopy(
  source: { readonly textPaths: readonly string[]; readonly projectorPath: string | null },
  { folder, name, readRoom }: { folder: string; name: string; readRoom: ReadRoom },
  { onProgress, signal }: Work,
): Promise<Copied> {
  const safe = safeName(name.replace(/[/\\]+/g, '-'))
  const files = [...source.textPaths.map((path, i) => [path, textName(safe, i, source.textPaths.length)] as const)]
  if (source.projectorPath !== null) files.push([source.projectorPath, `mmproj-${safe}.gguf`])
  const staging = join(folder, temporaryName('importing', randomBytes(6).toString('hex')))
  try {
    const sizes = await Promise.all(files.map(async ([path]) => (await stat(path)).size))
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    await needRoom(folder, bytes, readRoom)
    await mkdir(staging, { recursive: true })
    const digests: string[] = []
    let done = 0
    for (const [i, [path, target]] of files.entries()) {
      const before = done
      digests.push(await copyFile(path, join(staging, target), signal, (count) => onProgress((done += count), bytes)))
      if (done - before !== sizes[i]) throw changed(path)
    }
    const home = await place(staging, folder, safe)
    const placed = files.map(([, target]) => join(home, target))
    return {
      textPath: placed[0]!,
      projectorPath: source.projectorPath === null ? null : placed.at(-1)!,
      digests: new Map(placed.map((path, i) => [path, digests[i]!])),
    }
  } catch (error) {
    await rm(staging, { recursive: true, force: true }).catch(() => {})
    throw toDiskError(error, 'Copying the model')
  }
}

/** llama.cpp finds the parts of a split model by these names. */
function textName(name: string, index: number, count: number): string {
  const digits = (value: number) => String(value).padStart(5, '0')
  return count === 1 ? `${name}.gguf` : `${name}-${digits(index + 1)}-of-${digits(count)}.gguf`
}

/** Moves `staging` to the first name in `folder` that is free, "x", "x (2)" and so on, and gives its path. */
export async function place(staging: string, folder: string, name: string): Promise<string> {
  for (let number = 1; ; number++) {
    const home = join(folder, number === 1 ? name : `${name} (${number})`)
    if (await lstat(home).catch(() => null)) continue
    await rename(staging, home)
    return home
  }
}

/** The error for a file that was not the same at the end of a copy as at its start. */
export function changed(path: string): AppError {
  const message = `${basename(path)} changed while it was copied. Wait until it is complete, then import it again.`
  return new AppError('FileChanged', message, { path })
}

const CHUNK_BYTES = 1 << 20

/**
 * Copies a file to `target`, which must not be there, flushes it to the disk and returns the SHA-256 of what was read.
 * @throws the signal's reason when it aborts, and the file system's errors; `target` may be there in part then.
 */
export async function copyFile(
  source: string,
  target: string,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<string> {
  const hash = createHash('sha256')
  const from = await open(source, 'r')
  try {
    const to = await open(target, 'wx')
    try {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
      for (;;) {
        signal.throwIfAborted()
        const { bytesRead } = await from.read(chunk, 0, CHUNK_BYTES)
        if (bytesRead === 0) break
        for (let at = 0; at < bytesRead; ) at += (await to.write(chunk, at, bytesRead - at)).bytesWritten
        hash.update(chunk.subarray(0, bytesRead))
        onBytes(bytesRead)
      }
      await to.sync()
    } finally {
      await to.close()
    }
  } finally {
    await from.close()
  }
  return hash.digest('hex')
}
