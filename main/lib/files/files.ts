import { createHash, randomBytes } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/**
 * Moves an unfinished file to its place so that a power cut leaves either nothing or the whole file there: its bytes are
 * flushed before the rename, the folder after it. Folders that are missing are made for this user alone. Throws the file
 * system's own errors; the file is where it was then.
 */
export async function placeFile(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  await sync(from, process.platform === 'win32' ? constants.O_RDWR : constants.O_RDONLY)
  await rename(from, to)
  await syncFolder(dirname(to))
}

/** Makes renames and new files in `folder` last through a power cut. Windows cannot open a folder; it orders them itself. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform !== 'win32') await sync(folder, constants.O_RDONLY)
}

async function sync(path: string, flags: number): Promise<void> {
  const handle = await open(path, flags)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Hashing this much takes about a millisecond, so other work of the thread goes on between. */
const CHUNK_BYTES = 1 << 20

/**
 * SHA-256 of a file, hexadecimal; `onBytes` hears of each chunk.
 * @throws the signal's reason when it aborts, and the file system's errors.
 */
export async function sha256Of(
  path: string,
  signal?: AbortSignal,
  onBytes: (bytes: number) => void = () => {},
): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    signal?.throwIfAborted()
    hash.update(chunk as Buffer)
    onBytes((chunk as Buffer).length)
  }
  signal?.throwIfAborted()
  return hash.digest('hex')
}

/** Bytes of a name in UTF-8 at most; file systems allow 255, and unfinished files have an ending more. */
const MAX_BYTES = 180

/** Names that Windows keeps for devices, with any ending. */
const reserved = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(\.|$)/i

/**
 * A name that every file system takes, made of the last segment of `wanted`: no separators, control or invisible
 * characters, no device names, no dots or blanks at the ends, not the endings of unfinished files, at most 180 bytes. A name
 * that had to be cut gets part of its digest, so that two of them stay different; the ending is kept.
 */
export function safeName(wanted: string): string {
  const segment = wanted.split(/[/\\]/).findLast((part) => part !== '') ?? ''
  const clean = segment
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, '')
    .replace(/[<>:"|?*~%]/g, '_')
    .replace(/^[\s.]+|[\s.]+$/g, '')
    .replace(/\.(part|lock)$/i, '$&_')
  const named = clean === '' ? `model-${digest(wanted)}` : reserved.test(clean) ? `_${clean}` : clean
  if (Buffer.byteLength(named) <= MAX_BYTES) return named
  // the numbering of split GGUF files belongs to the ending
  const ending = /(-\d{5}-of-\d{5})?\.[a-z0-9]{1,8}$/i.exec(named)?.[0] ?? ''
  const tail = `-${digest(wanted)}${ending}`
  return (
    cut(named.slice(0, named.length - ending.length), MAX_BYTES - Buffer.byteLength(tail)).replace(/[\s.]+$/, '') + tail
  )
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 8)

function cut(text: string, bytes: number): string {
  let result = ''
  for (const character of text) {
    if (Buffer.byteLength(result) + Buffer.byteLength(character) > bytes) break
    result += character
  }
  return result
}

/** Folders by the process that made them, which is in the name: `sightline-<pid>-<its chance>-<purpose>-<chance>`. */
const NAME = /^sightline-(\d+)-/
/** How the names of this process's folders begin: in a container an earlier process may well have had its number. */
const OWN = `sightline-${process.pid}-${randomBytes(4).toString('hex')}-`

/**
 * Makes a folder in the system's folder for temporary files (`parent`) that only this user can read. Whoever makes it
 * removes it; what processes that were killed could not remove goes here. Throws the file system's errors.
 */
export async function temporaryFolder(purpose: string, parent: string = tmpdir()): Promise<string> {
  await removeStranded(parent)
  return mkdtemp(join(parent, `${OWN}${purpose}-`))
}

/** Removes the temporary folders of processes that are gone. Never throws. */
export async function removeStranded(parent: string = tmpdir()): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const pid = Number(NAME.exec(name)?.[1] ?? 0)
    const isStranded = pid === process.pid ? !name.startsWith(OWN) : pid > 0 && !isRunning(pid)
    if (isStranded) await rm(join(parent, name), { recursive: true, force: true }).catch(() => {})
  }
}

/** Whether there is a process of that number, whoever's it is. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
