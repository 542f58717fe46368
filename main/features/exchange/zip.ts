import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import { AppError } from '#contract'
import * as yauzl from 'yauzl'
import * as yazl from 'yazl'

/** A file in a zip. */
export interface ZipEntry {
  readonly name: string
  readonly bytes: number
  /** Its bytes. Throws DamagedMedia where they are not what the zip says of them. */
  open(): AsyncIterable<Uint8Array>
}

/** A zip that is open for reading. */
export interface OpenZip {
  readonly entries: readonly ZipEntry[]
  close(): void
}

/** What is said of a zip that cannot be read to its end. */
export const damagedZip = (name: string, cause?: unknown) =>
  new AppError(
    'InvalidInput',
    `${name} is damaged or no zip. Make or fetch it anew, then import it again.`,
    undefined,
    { cause },
  )

/**
 * Opens the zip at `path`; `name` is what errors call it. Folders, and what macOS adds to zips, are no entries. Throws InvalidInput for what is no
 * zip, names places outside of it, or holds more than `most` files.
 */
export async function openZip(path: string, name: string, most: number): Promise<OpenZip> {
  // names with .., drives and absolute paths are refused by the reader itself
  const zip = await yauzl.openPromise(path, { autoClose: false }).catch((cause: unknown) => {
    throw damagedZip(name, cause)
  })
  try {
    if (zip.entryCount > most)
      throw new AppError('InvalidInput', `${name} holds more than ${most} files. Unpack it and import parts of it.`)
    const entries: ZipEntry[] = []
    for await (const entry of zip.eachEntry()) {
      const { fileName } = entry
      if (fileName.endsWith('/') || fileName.startsWith('__MACOSX/')) continue
      if (entry.isEncrypted())
        throw new AppError('InvalidInput', `${name} is protected by a password. Unpack it, then import the folder.`)
      entries.push({
        name: fileName,
        bytes: entry.uncompressedSize,
        async *open() {
          try {
            yield* await zip.openReadStreamPromise(entry)
          } catch (cause) {
            const message = `${fileName} in ${name} is damaged. Make or fetch the zip anew, then import it again.`
            throw new AppError('DamagedMedia', message, undefined, { cause })
          }
        },
      })
    }
    return { entries, close: () => zip.close() }
  } catch (error) {
    zip.close()
    throw error instanceof AppError ? error : damagedZip(name, error)
  }
}

/** Something to be put into a zip. `content`: is asked for when its turn comes; a path is read from the disk, uncompressed. */
export type ZipInput = { readonly name: string } & ({ readonly path: string } | { readonly content: () => Readable })

/** Writes a zip to the new file `target`, one entry after another. Throws what its contents throw, and the file system's errors. */
export async function writeZip(target: string, inputs: Iterable<ZipInput>, signal?: AbortSignal): Promise<void> {
  const zip = new yazl.ZipFile()
  const failed = new AbortController()
  const fail = (error: unknown): void => failed.abort(error)
  zip.on('error', fail)
  for (const input of inputs) {
    if ('path' in input) zip.addFile(input.path, input.name, { compress: false })
    else
      zip.addReadStreamLazy(input.name, { compress: true }, (give) => {
        const content = input.content()
        content.on('error', fail)
        give(null, content)
      })
  }
  zip.end()
  const until = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal
  try {
    await pipeline(zip.outputStream, createWriteStream(target, { flags: 'wx', mode: 0o600 }), { signal: until })
  } catch (error) {
    throw failed.signal.aborted ? failed.signal.reason : error
  }
}
