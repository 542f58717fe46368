import { createReadStream, existsSync } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { AppError, isShownByBrowsers, say } from '#contract'
import type { Attachment, PagedFile, ImageAttachment, Sha256, StoredFile, VideoFacts } from '#contract'
import type { Database } from '../../../lib/database/index.ts'
import { cannotStore, fileChanged, interrupted, openSourceFile, receive, receiveFile, uploadLimits } from './receive.ts'
import type { Received, StoreProgress, UploadLimits } from './receive.ts'
import { printToPdf } from '../../../lib/office/libreOffice.ts'
import { refusedKind } from '../../../lib/picture/refusals.ts'
import { attachmentFiles, attachmentRows, thumbnailMimes } from './storage.ts'
import type { ThumbnailMime } from './storage.ts'
import type { AttachmentGateway, AttachmentMedia, OpenAttachment } from './types.ts'

const MAX_LENGTH = 255
/** Control characters and those that turn the writing direction, which can make `gpj.exe` look like `exe.jpg`. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** The name of an upload as it may be shown: its last path segment without hidden characters, at most 255 characters. */
export function displayName(name: string): string {
  const last = name.toWellFormed().split(/[/\\]/).at(-1) ?? ''
  const clean = last.replace(HIDDEN, '').trim().slice(0, MAX_LENGTH).toWellFormed()
  return clean === '' || clean === '.' || clean === '..' ? 'picture' : clean
}

/** Files that no question holds are kept this long, in ms: they may be in a draft. */
const DRAFT_LIFE = 24 * 60 * 60 * 1000

export interface AttachmentsOptions {
  readonly database: Database
  /** Where the files lie; made when missing. */
  readonly folder: string
  readonly media: AttachmentMedia
  /**
   * What a video is that came without facts. Throws UnsupportedMedia where nothing on this computer can tell; unset: nothing
   * can.
   */
  readonly probeVideo?: (path: string, name: string, signal: AbortSignal | undefined) => Promise<VideoFacts>
  /** Moves a file with pages from a temporary place to where it is kept. Unset: such files are refused. */
  readonly keepPaged?: (from: string, sha: Sha256) => Promise<void>
  /** Makes a PDF of a document; `target`: a new file. Throws UnsupportedMedia where nothing on this computer can. */
  readonly printToPdf?: typeof printToPdf
  readonly limits?: UploadLimits
}

/** What is known of a file before it is read. */
interface Known {
  readonly facts?: VideoFacts | undefined
  readonly signal?: AbortSignal | undefined
  /** Of a page of a file: which one, and what a user must know of it. */
  readonly drawn?: Pick<ImageAttachment, 'page' | 'notes'>
  /** It is wanted as one picture, even where it has pages. */
  readonly isPicture?: boolean
}

/** Opens the store. A file is in its place before its row is written, and a row is gone before its file is removed. */
export function createAttachments(options: AttachmentsOptions): AttachmentGateway {
  const {
    database,
    folder,
    media,
    probeVideo = cannotTell,
    keepPaged,
    printToPdf: print = printToPdf,
    limits = uploadLimits,
  } = options
  const files = attachmentFiles(folder)
  const rows = attachmentRows(database)

  function known(sha: Sha256): Attachment {
    const attachment = rows.get(sha)
    if (!attachment) throw new AppError('NotFound', say`This file is not stored here any more. Add it again.`, { sha })
    return attachment
  }

  const gone = ({ sha, name }: Attachment) =>
    new AppError('NotFound', say`The file of ${name} is gone from the data folder. Add it again.`, { sha })

  async function openFile(path: string, mime: string, attachment: Attachment): Promise<OpenAttachment> {
    const facts = await stat(path).catch(() => null)
    if (!facts?.isFile()) throw gone(attachment)
    return { mime, bytes: facts.size, path }
  }

  /** Makes the thumbnail of the file at `from` in a temporary place. */
  async function makeThumbnail(
    from: string,
    name: string,
    target: string,
  ): Promise<{ mime: ThumbnailMime; notes: readonly string[] }> {
    const { mime, notes } = await media.thumbnail(from, name, target)
    return { mime: mime === thumbnailMimes.png ? thumbnailMimes.png : thumbnailMimes.webp, notes }
  }

  /** Makes a file in a temporary place and moves it to `path`. */
  async function make<T>(name: string, path: (made: T) => string, work: (target: string) => Promise<T>): Promise<T> {
    const temporary = files.temporary()
    try {
      const made = await work(temporary)
      await files.place(temporary, path(made))
      return made
    } catch (error) {
      throw error instanceof AppError ? error : cannotStore(name, error)
    } finally {
      await rm(temporary, { force: true })
    }
  }

  /** A picture that no browser shows, as one that it does. */
  async function openView(sha: Sha256, original: string, attachment: Attachment): Promise<OpenAttachment> {
    const path = files.view(sha)
    if (!existsSync(path)) {
      if (!existsSync(original)) throw gone(attachment)
      await make(
        attachment.name,
        () => path,
        (target) => media.view(original, attachment.name, target),
      )
    }
    return openFile(path, await mimeOfView(path), attachment)
  }

  /** Stores what `take` writes to a new file. Tells how far it is; a failure or an abort leaves nothing. */
  async function* storeAs(
    name: string,
    take: (target: string) => AsyncGenerator<StoreProgress, Received>,
    { facts, signal, drawn = {}, isPicture = false }: Known,
  ): AsyncGenerator<StoreProgress, StoredFile> {
    const temporary = files.temporary()
    const temporaryThumbnail = files.temporary()
    try {
      const { sha, bytes } = yield* take(temporary)
      const before = rows.get(sha)
      const original = files.original(sha)
      const keep = (attachment: Attachment): Attachment => {
        rows.put(attachment, Date.now())
        return attachment
      }
      if (before && existsSync(original)) {
        return keep(before.kind === 'video' ? { ...before, ...facts, name } : { ...before, ...drawn, name })
      }
      const found = await media.probe(temporary, name, isPicture ? 'picture' : 'any')
      // a picture that moves, of which the window knows what it is as a video
      const probe = found.kind === 'image' && facts ? { kind: 'video' as const, mime: found.mime } : found
      if (probe.kind === 'video') {
        const known = facts ?? (await probeVideo(temporary, name, signal))
        if (signal?.aborted) throw interrupted(name, signal.reason)
        await files.place(temporary, original)
        return keep({ sha, name, bytes, ...probe, ...known })
      }
      if (probe.kind === 'paged' || probe.kind === 'office') {
        if (!keepPaged) throw refusedKind(probe.kind === 'office' ? probe.of : 'pdf', name)
        const printed = probe.kind === 'office' ? files.temporary() : null
        try {
          if (printed !== null && probe.kind === 'office')
            await print({ path: temporary, name, kind: probe.of }, printed, signal)
          if (signal?.aborted) throw interrupted(name, signal.reason)
          await keepPaged(printed ?? temporary, sha)
        } finally {
          if (printed !== null) await rm(printed, { force: true })
        }
        const mime = probe.kind === 'office' ? 'application/pdf' : probe.mime
        return { sha, name, bytes, kind: 'paged', mime } satisfies PagedFile
      }
      // Making the thumbnail reads every byte, so a file that is damaged further in is refused here.
      const thumbnail = await makeThumbnail(temporary, name, temporaryThumbnail)
      if (signal?.aborted) throw interrupted(name, signal.reason)
      await files.place(temporary, original)
      await files.place(temporaryThumbnail, files.thumbnail(sha, thumbnail.mime))
      const notes = [...(drawn.notes ?? []), ...thumbnail.notes]
      return keep({ sha, name, bytes, ...probe, ...drawn, ...(notes.length > 0 && { notes }) })
    } catch (error) {
      throw error instanceof AppError ? error : cannotStore(name, error)
    } finally {
      await Promise.all([temporary, temporaryThumbnail].map((path) => rm(path, { force: true })))
    }
  }

  return {
    store(uploadName, body, signal, facts) {
      const name = displayName(uploadName)
      const take = (target: string) => receive(body, target, { name, limits, signal })
      return resultOf(storeAs(name, take, { facts, signal }))
    },

    storePicture(uploadName, body, signal) {
      const name = displayName(uploadName)
      const take = (target: string) => receive(body, target, { name, limits, signal })
      return resultOf(storeAs(name, take, { signal, isPicture: true })) as Promise<ImageAttachment>
    },

    async storePage(pageName, path, place, { notes, lines, label }) {
      const name = displayName(pageName)
      const take = (target: string) => receive(createReadStream(path), target, { name, limits, signal: undefined })
      const page = { ...place, ...(label !== undefined && { label }), ...(lines.length > 0 && { text: true as const }) }
      const drawn = { page, ...(notes.length > 0 && { notes: [...notes] }) }
      const stored = (await resultOf(storeAs(name, take, { drawn }))) as ImageAttachment
      rows.putText(stored.sha, lines)
      return stored
    },

    async *storeFile({ path, bytes, facts }, signal) {
      const name = displayName(basename(path))
      const source = await openSourceFile(path, name)
      try {
        if (source.bytes !== bytes) throw fileChanged(name)
        const take = (target: string) => receiveFile(source, target, { name, limits, signal })
        const attachment = yield* storeAs(name, take, { facts, signal })
        yield { type: 'stored', attachment }
      } finally {
        // not waited for: a read from a drive that is gone may never come back
        source.close().catch(() => {})
      }
    },

    async open(sha, view) {
      const size = view === 'thumb' ? view : undefined
      const attachment = known(sha)
      const original = files.original(sha)
      if (size !== 'thumb' && !isShownByBrowsers(attachment)) return openView(sha, original, attachment)
      if (size !== 'thumb') return openFile(original, attachment.mime, attachment)
      const there = files.findThumbnail(sha)
      if (there) return openFile(there.path, there.mime, attachment)
      if (!existsSync(original)) throw gone(attachment)
      if (attachment.kind === 'video')
        throw new AppError('NotFound', say`There is no picture of ${attachment.name} yet.`, { sha })
      const path = (made: { mime: ThumbnailMime }) => files.thumbnail(sha, made.mime)
      const { mime } = await make(attachment.name, path, (target) => makeThumbnail(original, attachment.name, target))
      return openFile(files.thumbnail(sha, mime), mime, attachment)
    },

    async keepPoster(sha, draw) {
      const { name } = known(sha)
      if (files.findThumbnail(sha)) return
      await make(
        name,
        (mime) => files.thumbnail(sha, mime === thumbnailMimes.png ? thumbnailMimes.png : thumbnailMimes.webp),
        draw,
      )
    },

    get: (sha) => rows.get(sha),
    pagedFiles: () => rows.pagedFiles(),
    pageText: (sha) => rows.text(sha),

    pathOf(sha) {
      const attachment = known(sha)
      const path = files.original(sha)
      if (!existsSync(path)) throw gone(attachment)
      return path
    },

    async collect(referenced, left = new Map()) {
      const before = Date.now() - DRAFT_LIFE
      const removed = rows.removeUnused(
        new Set(referenced),
        ({ sha, storedAt }) => storedAt < before || storedAt <= (left.get(sha) ?? 0),
      )
      for (const sha of removed) files.remove(sha)
      // Files without a row: the process ended between the two steps of storing or removing.
      const orphans: Sha256[] = []
      for await (const { sha, age } of files.list()) {
        if (age < DRAFT_LIFE || rows.get(sha)) continue
        files.remove(sha)
        orphans.push(sha)
      }
      return [...removed, ...orphans]
    },
  }
}

/** What work comes to in the end. */
async function resultOf<T>(work: AsyncGenerator<unknown, T>): Promise<T> {
  for (;;) {
    const step = await work.next()
    if (step.done) return step.value
  }
}

async function cannotTell(_path: string, name: string): Promise<never> {
  const advice = 'Convert it to H.264 in an MP4 file and add that.'
  throw new AppError('UnsupportedMedia', say`${name} is a video that cannot be read here. ${advice}`)
}

/** The one of its kinds that a view is, by its first byte. */
async function mimeOfView(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 0)
    return buffer[0] === 0x89 ? 'image/png' : buffer[0] === 0x52 ? 'image/webp' : 'image/jpeg'
  } finally {
    await file.close()
  }
}
