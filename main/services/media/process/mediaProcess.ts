import { AppError, say } from '#contract'
import type { RawFrame, Size } from '#contract'
import { currentRequest } from '../../../lib/log/log.ts'
import { sniff } from '../../../lib/picture/sniff.ts'
import type { FileKind } from '../../../lib/picture/sniff.ts'
import { containerOf, readHead } from '../../../lib/video/container.ts'
import type { SpawnWorker, WorkerProcess } from '../../../ports.ts'
import type { PageCount } from '../../../lib/pdf/index.ts'
import type { MediaReply, MediaRequest, PageFacts, Probe } from './protocol.ts'

/**
 * Reads pictures and frames of videos in another process: a file that takes the reader down costs one request, never the
 * core.
 */
export interface MediaProcess {
  /** What a file is, or, as a picture, what its first page is. Throws MediaNotFound, UnsupportedMedia, DamagedMedia, MediaTooLarge; `name` is what they call it. */
  probe(path: string, name: string, as?: 'any' | 'picture'): Promise<Probe>
  /**
   * Reads the whole picture and writes one of at most 512 x 512 pixels to `target`, WebP, or PNG where there is alpha.
   * Returns its MIME type and what a user must know of the picture. Throws as `probe`, and StorageFailed when `target` cannot
   * be written.
   */
  thumbnail(path: string, name: string, target: string): Promise<Thumbnail>
  /**
   * Writes the picture in full size as a browser shows it to `target`, JPEG, or PNG where there is alpha, and returns its MIME
   * type. Throws as `thumbnail`.
   */
  view(path: string, name: string, target: string): Promise<string>
  /**
   * Writes the picture to `target` as PNG, resized to exactly `size` by the code that resizes it for the engine. Throws as
   * `thumbnail`.
   */
  input(path: string, name: string, size: Size, target: string): Promise<void>
  /**
   * Resizes the raw frame at `path` to exactly `size`, as the reference does, and writes it to `target` as PNG. Throws
   * InvalidInput, StorageFailed.
   */
  frame(
    path: string,
    raw: RawFrame,
    size: { readonly width: number; readonly height: number },
    target: string,
  ): Promise<void>
  /**
   * Writes a picture of at most 512 x 512 pixels of the raw frame at `path` to `target` and returns its MIME type. Throws as
   * `frame`.
   */
  poster(path: string, raw: RawFrame, target: string): Promise<string>
  /**
   * How many pages a file has, and their labels: a PDF, a TIFF with several, an SVG drawing, which is one. Throws MediaNotFound, PasswordNeeded, UnsupportedMedia, DamagedMedia, MediaTooLarge;
   * `file.name` is what they call it.
   */
  pages(file: PagedSource): Promise<PageCount>
  /**
   * Draws a page, counted from 1, with about `pixels` pixels, that of a TIFF with its own, and writes it to `target` as PNG. Returns what is known
   * of it. Throws as `pages`, InvalidInput for a page that is not there, StorageFailed.
   */
  page(file: PagedSource, page: number, pixels: number, target: string): Promise<PageFacts>
  /** Writes a small picture of a page to `target` and returns its MIME type. Throws as `page`. */
  pageThumbnail(file: PagedSource, page: number, target: string): Promise<string>
  /** Ends the worker; open requests fail with Interrupted. */
  close(): void
}

/** A file with pages as it is opened: where it lies, what errors call it, and what opens a protected one. */
export interface PagedSource {
  readonly path: string
  readonly name: string
  readonly password?: string
}

/** A small picture that was written, and what a user must know of the large one: one sentence each. */
export interface Thumbnail {
  readonly mime: string
  readonly notes: readonly string[]
}

/** How long the worker may take, in ms; the time until it has started counts for itself. */
export interface MediaDeadlines {
  readonly start: number
  readonly probe: number
  readonly thumbnail: number
  readonly view: number
  readonly input: number
  readonly frame: number
  readonly poster: number
  readonly paged: number
  readonly page: number
  readonly pageThumbnail: number
}

const defaultDeadlines: MediaDeadlines = {
  start: 30_000,
  probe: 10_000,
  thumbnail: 30_000,
  view: 60_000,
  input: 60_000,
  frame: 30_000,
  poster: 30_000,
  paged: 20_000,
  page: 60_000,
  pageThumbnail: 10_000,
}

/** Kinds whose first bytes tell that they have pages. */
const paged: Partial<Record<FileKind, string>> = { pdf: 'application/pdf', svg: 'image/svg+xml' }

/** What errors call a frame. */
const FRAME = 'A frame of the video'

type Unnumbered<T> = T extends unknown ? Omit<T, 'id' | 'requestId'> : never
type Answer = Extract<MediaReply, { id: number }>

interface Job {
  readonly request: MediaRequest
  settle(result: Answer | AppError): void
}

/**
 * Starts the process that reads media. The worker starts with the first request, and anew after a crash; requests go one by one, so that
 * a crash or a missed deadline names the file that caused it.
 */
export function createMediaProcess({
  spawnWorker,
  deadlines = defaultDeadlines,
}: {
  spawnWorker: SpawnWorker
  deadlines?: MediaDeadlines
}): MediaProcess {
  const queue: Job[] = []
  let worker: { process: WorkerProcess; ready: boolean } | null = null
  let current: Job | null = null
  let timer: NodeJS.Timeout | undefined
  let lastId = 0
  let closed = false

  function stopWorker(): void {
    worker?.process.kill()
    worker = null
  }

  function finish(result: Answer | AppError): void {
    clearTimeout(timer)
    const job = current
    current = null
    job?.settle(result)
    next()
  }

  function next(): void {
    if (current) return
    current = queue.shift() ?? null
    if (!current) return
    worker ??= startWorker()
    if (worker.ready) dispatch(current)
    else arm(deadlines.start, cannotStart())
  }

  function dispatch({ request }: Job): void {
    const limit = deadlines[request.type]
    arm(limit, tooSlow(request, limit))
    worker!.process.send(request)
  }

  function arm(ms: number, error: AppError): void {
    clearTimeout(timer)
    timer = setTimeout(() => {
      stopWorker()
      finish(error)
    }, ms)
  }

  function startWorker() {
    const started = { process: spawnWorker('media'), ready: false }
    started.process.onMessage((message) => {
      if (worker !== started) return
      const reply = message as MediaReply
      if (reply.type === 'ready') {
        started.ready = true
        if (current) dispatch(current)
      } else if (reply.id === current?.request.id) finish(reply)
    })
    started.process.onExit(() => {
      if (worker !== started) return
      worker = null
      if (current) finish(started.ready ? crashed(current.request) : cannotStart())
    })
    return started
  }

  function ask(request: Unnumbered<MediaRequest>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (closed) return reject(interrupted())
      const settle = (result: Answer | AppError) => {
        if (result instanceof AppError) reject(result)
        else if (result.type === 'failed') reject(AppError.from(result.error))
        else resolve(result)
      }
      queue.push({ request: { ...request, id: ++lastId, requestId: currentRequest() }, settle })
      next()
    })
  }

  return {
    async probe(path, name, as = 'any') {
      // these show in their first bytes; nothing of them is decoded here, so that no process has to start
      const head = await readHead(path).catch(() => new Uint8Array())
      const video = containerOf(head)
      if (video) return { kind: 'video', mime: video.mime }
      const kind = sniff(head)
      const mime = paged[kind]
      if (as === 'any' && mime !== undefined) return { kind: 'paged', mime }
      if (as === 'any' && (kind === 'office' || kind === 'html')) return { kind: 'office', of: kind }
      const answer = await ask({ type: 'probe', path, name, as })
      if (answer.type !== 'probed') throw crashed({ name })
      return answer.probe
    },
    async thumbnail(path, name, target) {
      const answer = await ask({ type: 'thumbnail', path, name, target })
      if (answer.type !== 'made') throw crashed({ name })
      return { mime: answer.mime, notes: answer.notes ?? [] }
    },
    async view(path, name, target) {
      const answer = await ask({ type: 'view', path, name, target })
      if (answer.type !== 'made') throw crashed({ name })
      return answer.mime
    },
    async input(path, name, { width, height }, target) {
      await ask({ type: 'input', path, name, size: { width, height }, target })
    },
    async frame(path, { width, height, format }, size, target) {
      const wanted = { width: size.width, height: size.height }
      await ask({ type: 'frame', path, name: FRAME, raw: { width, height, format }, size: wanted, target })
    },
    async poster(path, { width, height, format }, target) {
      const answer = await ask({ type: 'poster', path, name: FRAME, raw: { width, height, format }, target })
      if (answer.type !== 'made') throw crashed({ name: FRAME })
      return answer.mime
    },
    async pages(file) {
      const answer = await ask({ type: 'paged', ...file })
      if (answer.type !== 'opened') throw crashed({ ...file, type: 'paged' })
      const { pages, labels } = answer
      return { pages, ...(labels && { labels }) }
    },
    async page(file, page, pixels, target) {
      const answer = await ask({ type: 'page', ...file, page, pixels, target })
      if (answer.type !== 'drawn') throw crashed({ ...file, type: 'page' })
      const { notes, lines, label } = answer
      return { notes, lines, ...(label !== undefined && { label }) }
    },
    async pageThumbnail(file, page, target) {
      const answer = await ask({ type: 'pageThumbnail', ...file, page, target })
      if (answer.type !== 'made') throw crashed({ ...file, type: 'page' })
      return answer.mime
    },
    close() {
      closed = true
      stopWorker()
      for (const job of queue.splice(0)) job.settle(interrupted())
      finish(interrupted())
    },
  }
}

/** What went wrong and with what; of a file that is asked for page by page, its type tells. */
type Failed = { readonly name: string; readonly type?: MediaRequest['type'] }

const isPaged = ({ type }: Failed): boolean => type === 'paged' || type === 'page' || type === 'pageThumbnail'

const PRINT_ANEW = 'Print what you ask about to a new PDF, or add pictures of it.'

const crashed = (failed: Failed) =>
  new AppError(
    'DamagedMedia',
    `${failed.name} could not be read: reading it ended the helper process. ` +
      (isPaged(failed) ? PRINT_ANEW : 'Save it anew in a picture editor and use that.'),
    { endedReader: true },
  )

const tooSlow = (failed: Failed, ms: number) =>
  new AppError(
    'DamagedMedia',
    `${failed.name} could not be read within ${Math.round(ms / 1000)} seconds. ` +
      (isPaged(failed) ? PRINT_ANEW : 'Save it smaller, as PNG or JPEG, and use that.'),
    { endedReader: true },
  )

const cannotStart = () =>
  new AppError(
    'EngineFailed',
    say`Pictures cannot be read: the helper process for them did not start. Restart Sightline and try again.`,
  )

const interrupted = () =>
  new AppError('Interrupted', say`Sightline was closed before the picture was read. Add it again.`)
