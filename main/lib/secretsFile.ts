import { readFileSync } from 'node:fs'
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError, say } from '#contract'

/** How a secret is made unreadable to others; both may throw or reject. An AppError of `encrypt` is told as it is. */
export interface Cipher {
  encrypt(text: string): Uint8Array | Promise<Uint8Array>
  decrypt(bytes: Uint8Array): string | Promise<string>
}

/** Names and their secrets in one file. */
export interface SecretsFile {
  /** null when there is none, or when it cannot be read any more. */
  get(name: string): Promise<string | null>
  /** null forgets it. @throws AppError StorageFailed. */
  set(name: string, value: string | null): Promise<void>
}

/** No cipher: only the rights of the file protect what is in it. */
const plain: Cipher = { encrypt: (text) => Buffer.from(text), decrypt: (bytes) => Buffer.from(bytes).toString() }
const OWNER_ONLY = 0o600

/** Secrets in a file that only its owner may read. It is replaced as a whole, so that a crash leaves the old or the new one. */
export function secretsFile(path: string, cipher: Cipher = plain): SecretsFile {
  let writing: Promise<void> = Promise.resolve()
  const write = async (name: string, value: string | null) => {
    const encrypted = value === null ? null : Buffer.from(await cipher.encrypt(value)).toString('base64')
    const secrets = new Map(Object.entries(read(path)))
    if (encrypted === null) secrets.delete(name)
    else secrets.set(name, encrypted)
    await mkdir(dirname(path), { recursive: true })
    const unfinished = `${path}.new`
    await writeFile(unfinished, JSON.stringify(Object.fromEntries(secrets)), { mode: OWNER_ONLY })
    // one that was left behind keeps its rights when it is written again
    await chmod(unfinished, OWNER_ONLY)
    await rename(unfinished, path)
  }
  return {
    async get(name) {
      const stored = new Map(Object.entries(read(path))).get(name)
      try {
        return stored === undefined ? null : await cipher.decrypt(Buffer.from(stored, 'base64'))
      } catch {
        return null
      }
    },
    set(name, value) {
      const done = writing
        .then(() => write(name, value))
        .catch((cause: unknown) => {
          if (cause instanceof AppError) throw cause
          throw new AppError(
            'StorageFailed',
            say`The secret could not be kept (${(cause as Error).message}). Check the rights of the data folder.`,
            { path },
            { cause },
          )
        })
      writing = done.catch(() => {})
      return done
    },
  }
}

/** What is in the file; nothing when it is missing or damaged. */
function read(path: string): Record<string, string> {
  try {
    const found: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof found !== 'object' || found === null) return {}
    return Object.fromEntries(
      Object.entries(found).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    )
  } catch {
    return {}
  }
}
