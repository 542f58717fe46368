import { randomUUID } from 'node:crypto'
import { createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { AppError } from '#contract'
import type { Contract, ExportFormat, ImportEvent, Sha256 } from '#contract'
import { sha256Of } from '../../lib/files/files.ts'
import type { HandlersOf } from '../../lib/handlers.ts'
import type { Conversations } from '../../services/conversations/index.ts'
import type { AttachmentGateway, OpenAttachment } from '../../services/media/index.ts'
import { exportConversations } from './exportConversations.ts'
import type { Written } from './exportConversations.ts'
import { openSets } from './fileSet.ts'
import type { PickedFile } from './fileSet.ts'
import { importSets } from './importConversations.ts'

export { filesOfFolder } from './fileSet.ts'
export type { PickedFile } from './fileSet.ts'
export type { Written } from './exportConversations.ts'

/** The largest file that a window posts to be imported, in bytes. */
const MAX_UPLOAD = 8 * 1024 ** 3
/** How long an export is kept to be fetched, and an upload to be imported, in ms. */
const KEPT_MS = 60 * 60 * 1000

export interface ExchangeOptions {
  readonly conversations: Conversations
  readonly attachments: AttachmentGateway
  /** Where exports and uploads lie until they are fetched or imported; what is in it from before is removed. */
  readonly folder: string
  /** Whether a window may name the file at this path of this computer: its user gave it to one. */
  readonly wasGiven: (path: string) => boolean
  /** Has a conversation that was imported asked with a system prompt of its own. */
  readonly keepSystem?: (conversationId: string, system: string) => void
  readonly now?: () => number
}

/** Conversations as files: exports of our own forms, and imports of them and of other programs' forms. */
export interface Exchange {
  readonly procedures: HandlersOf<Contract>['exchange']
  /** Writes an export to the new file `target`. Throws as `exchange.export` of the contract. */
  exportTo(
    target: string,
    wish: { ids: readonly string[] | null; format: ExportFormat },
    signal?: AbortSignal,
  ): Promise<Written>
  /** Imports files of this computer; `isFolder`: they are all of one folder. Throws as `exchange.import` of the contract. */
  importFiles(files: readonly PickedFile[], isFolder: boolean, signal?: AbortSignal): AsyncGenerator<ImportEvent>
  /** Keeps the bytes that a window posts to be imported, under its own UUID. Throws MediaTooLarge, Interrupted, Busy for a UUID that is taken. */
  receive(upload: string, body: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void>
  /** A written export by its digest; null: there is none. */
  find(sha: Sha256): OpenAttachment | null
  /** Removes what was not fetched or imported. */
  close(): void
}

/** Opens the way in and out. */
export function createExchange({
  conversations,
  attachments,
  folder,
  wasGiven,
  keepSystem,
  now = Date.now,
}: ExchangeOptions): Exchange {
  rmSync(folder, { recursive: true, force: true })
  const exports = new Map<Sha256, OpenAttachment>()
  const uploads = new Map<string, string>()
  const timers = new Set<NodeJS.Timeout>()
  const newPath = (): string => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return join(folder, randomUUID())
  }
  const later = (work: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      work()
    }, KEPT_MS)
    timer.unref()
    timers.add(timer)
  }

  const exchange: Omit<Exchange, 'procedures'> = {
    exportTo: (target, wish, signal) => exportConversations(target, wish, { conversations, attachments, now }, signal),

    async *importFiles(files, isFolder, signal) {
      const { sets, refused, close } = await openSets(files, isFolder)
      try {
        yield* importSets(sets, { conversations, attachments, now, ...(keepSystem && { keepSystem }) }, signal, refused)
      } finally {
        close()
      }
    },

    async receive(upload, body, signal) {
      if (uploads.has(upload)) throw new AppError('Busy', 'This file is being received already.')
      const path = newPath()
      uploads.set(upload, path)
      try {
        await pipeline(bounded(body), createWriteStream(path, { flags: 'wx', mode: 0o600 }), signal ? { signal } : {})
      } catch (cause) {
        uploads.delete(upload)
        await rm(path, { force: true })
        if (cause instanceof AppError) throw cause
        throw new AppError('Interrupted', 'The file did not arrive completely. Import it again.', undefined, { cause })
      }
      later(() => void (uploads.delete(upload) && rmSync(path, { force: true })))
    },

    find: (sha) => exports.get(sha) ?? null,

    close() {
      for (const timer of timers) clearTimeout(timer)
      rmSync(folder, { recursive: true, force: true })
    },
  }

  return {
    ...exchange,
    procedures: {
      async export(wish, { signal }) {
        const path = newPath()
        try {
          const { name, conversations, leftOut } = await exchange.exportTo(path, wish, signal)
          const sha = await sha256Of(path, signal)
          const { size: bytes } = await stat(path)
          const before = exports.get(sha)
          if (before) rmSync(before.path, { force: true })
          const mime = name.endsWith('.zip') ? 'application/zip' : 'application/octet-stream'
          exports.set(sha, { mime, bytes, path })
          later(() => {
            if (exports.get(sha)?.path === path) exports.delete(sha)
            rmSync(path, { force: true })
          })
          return { sha, name, bytes, conversations, leftOut }
        } catch (error) {
          await rm(path, { force: true })
          throw error
        }
      },

      async *import({ files }, { signal }) {
        const taken: string[] = []
        try {
          const picked = files.map(({ name, upload, path }): PickedFile => {
            const uploaded = upload === undefined ? undefined : uploads.get(upload)
            if (upload !== undefined && uploaded !== undefined) {
              taken.push(upload)
              return { name: cleanName(name), path: uploaded }
            }
            if (path !== undefined && wasGiven(path)) return { name: cleanName(name), path }
            throw path === undefined
              ? new AppError('NotFound', `${name} is not here any more. Pick it again.`)
              : new AppError('InvalidInput', `${name} was not given to this window, so it is not read. Pick it.`)
          })
          const isFolder = picked.length > 1 && picked.every(({ name }) => name.includes('/'))
          yield* exchange.importFiles(picked, isFolder, signal)
        } finally {
          for (const upload of taken) {
            rmSync(uploads.get(upload) ?? '', { force: true })
            uploads.delete(upload)
          }
        }
      },
    },
  }
}

const cleanName = (name: string): string =>
  name
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .join('/') || 'file'

async function* bounded(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > MAX_UPLOAD)
      throw new AppError('MediaTooLarge', 'This file is larger than 8 GB. Unpack it and import parts of it.')
    // a chunk is good until the next one is asked for, and a file's stream may hold it longer
    yield Buffer.from(chunk)
  }
}
