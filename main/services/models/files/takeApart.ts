import { createHash, randomBytes } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, mkdir, open, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { AppError } from '#contract'
import { safeName } from '../../../lib/files/files.ts'
import type { FilePlan, PlanOneFile, Work } from '../types.ts'
import { needRoom, toDiskError } from './disk.ts'
import type { ReadRoom } from './disk.ts'
import { changed, place } from './importCopy.ts'
import type { Copied } from './importCopy.ts'
import { temporaryName } from './removeFiles.ts'

/** Makes a copy that shares its bytes on the disk with the original; throws where the file system has no such copies. */
export type CloneFile = (from: string, to: string) => Promise<void>

const cloneFile: CloneFile = (from, to) =>
  copyFile(from, to, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL)

export interface OneFile {
  readonly path: string
  /** Its SHA-256 as its keeper says, which is compared with what was read; null: not told. */
  readonly sha256: string | null
}

export interface ApartTarget {
  readonly folder: string
  readonly name: string
  readonly readRoom: ReadRoom
  readonly planOneFile: PlanOneFile
  /** Tests stand in for a file system that has clones, or none. */
  readonly clone?: CloneFile
}

const CHUNK_BYTES = 1 << 20

/**
 * Writes a model in one file as a language model and a projector into a folder of its own within `folder`. The one file
 * is read once, from its start to its end, and each weight is written once; where the file system can clone files, the
 * language model's weights are not written at all. The one file stays as it is. The files are gathered in a temporary
 * folder that is renamed when both are there, so an abort or a failure leaves nothing.
 * @throws AppError DiskFull, StorageFailed, FileChanged, ModelDamaged when the digest differs, and what the plan throws;
 * the signal's reason when it aborts.
 */
export async function takeApart(source: OneFile, target: ApartTarget, { onProgress, signal }: Work): Promise<Copied> {
  const { folder, name, readRoom, planOneFile, clone = cloneFile } = target
  const safe = safeName(name.replace(/[/\\:]+/g, '-'))
  const staging = join(folder, temporaryName('importing', randomBytes(6).toString('hex')))
  const writers: Writer[] = []
  try {
    const before = await stat(source.path)
    const { text, projector } = await planOneFile(source.path, name)
    await needRoom(folder, projector.bytes, readRoom)
    await mkdir(staging, { recursive: true })
    const textPath = join(staging, `${safe}.gguf`)
    const isCloned =
      text.isClone &&
      (await clone(source.path, textPath).then(
        () => true,
        () => false,
      ))
    if (!isCloned) await needRoom(folder, text.bytes + projector.bytes, readRoom)
    writers.push(await Writer.open(textPath, text, isCloned))
    writers.push(await Writer.open(join(staging, `mmproj-${safe}.gguf`), projector, false))
    const digest = await readThrough(source.path, before.size, writers, (done) => onProgress(done, before.size), signal)
    const after = await stat(source.path)
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) throw changed(source.path)
    if (source.sha256 !== null && source.sha256 !== digest) throw differs(source.path)
    const digests: string[] = []
    for (const writer of writers) digests.push(await writer.finish())
    const home = await place(staging, folder, safe)
    const placed = [join(home, `${safe}.gguf`), join(home, `mmproj-${safe}.gguf`)] as const
    return {
      textPath: placed[0],
      projectorPath: placed[1],
      digests: new Map(placed.map((path, i) => [path, digests[i]!])),
    }
  } catch (error) {
    for (const writer of writers) await writer.close()
    await rm(staging, { recursive: true, force: true }).catch(() => {})
    throw toDiskError(error, 'Taking the model apart')
  }
}

/** Reads a file once, gives every byte to each writer, and returns the file's SHA-256. */
async function readThrough(
  path: string,
  size: number,
  writers: readonly Writer[],
  onDone: (bytes: number) => void,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(path, 'r')
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
    for (let at = 0; at < size; ) {
      signal.throwIfAborted()
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, at)
      if (bytesRead === 0) throw changed(path)
      const chunk = buffer.subarray(0, bytesRead)
      hash.update(chunk)
      for (const writer of writers) await writer.take(chunk, at)
      at += bytesRead
      onDone(at)
    }
  } finally {
    await file.close()
  }
  return hash.digest('hex')
}

/** Writes one planned file from the bytes of the one file, which come in their order, and hashes what it becomes. */
class Writer {
  private readonly file: FileHandle
  private readonly plan: FilePlan
  private readonly isCloned: boolean
  private readonly hash: Hash = createHash('sha256')
  private hashed = 0
  private run = 0

  private constructor(file: FileHandle, plan: FilePlan, isCloned: boolean) {
    this.file = file
    this.plan = plan
    this.isCloned = isCloned
  }

  static async open(path: string, plan: FilePlan, isCloned: boolean): Promise<Writer> {
    const writer = new Writer(await open(path, isCloned ? 'r+' : 'wx'), plan, isCloned)
    try {
      // room between tensors is zeros, which is what a file that is made longer holds
      await writer.file.truncate(plan.bytes)
      await writer.put(plan.header, 0)
      writer.digest(plan.header, 0)
      return writer
    } catch (error) {
      await writer.close()
      throw error
    }
  }

  /** `chunk` stands at `at` of the one file. */
  async take(chunk: Buffer, at: number): Promise<void> {
    for (let run = this.plan.runs[this.run]; run; run = this.plan.runs[++this.run]) {
      const start = Math.max(run.from, at)
      const end = Math.min(run.from + run.bytes, at + chunk.length)
      if (start < end) {
        const part = chunk.subarray(start - at, end - at)
        const to = run.to + start - run.from
        if (!this.isCloned) await this.put(part, to)
        this.digest(part, to)
      }
      if (run.from + run.bytes > at + chunk.length) return
    }
  }

  /** Flushes the file to the disk and gives its SHA-256. */
  async finish(): Promise<string> {
    await this.file.sync()
    await this.file.close()
    return this.hash.digest('hex')
  }

  /** Closes a file that is given up; one that is closed already stays so. */
  async close(): Promise<void> {
    await this.file.close().catch(() => {})
  }

  private async put(bytes: Buffer, to: number): Promise<void> {
    for (let at = 0; at < bytes.length; )
      at += (await this.file.write(bytes, at, bytes.length - at, to + at)).bytesWritten
  }

  private digest(bytes: Buffer, to: number): void {
    if (to > this.hashed) this.hash.update(Buffer.alloc(to - this.hashed))
    this.hash.update(bytes)
    this.hashed = to + bytes.length
  }
}

function differs(path: string): AppError {
  const advice = 'Let the program that keeps it download it again.'
  const message = `${basename(path)} is damaged: its content is not what its name promises. ${advice}`
  return new AppError('ModelDamaged', message, { path })
}
