import { AppError } from '#contract'
import type { Size } from '#contract'
import type { KnownVideo, Reply, Request, Result, SampledFrame, Task, Thumbnail, VideoReading } from './types.ts'

const endings: Readonly<Record<string, string>> = { 'image/png': 'png', 'image/webp': 'webp', 'image/gif': 'gif' }

/** The cover picture that a sound recording brings along; null when it has none that can be read. */
export async function coverPicture(file: File): Promise<File | null> {
  // only who drops a sound recording needs it
  const { ALL_FORMATS, BlobSource, Input } = await import('mediabunny')
  try {
    const { images = [] } = await new Input({ formats: ALL_FORMATS, source: new BlobSource(file) }).getMetadataTags()
    const image = images.find(({ kind }) => kind === 'coverFront') ?? images[0]
    if (!image) return null
    return new File([Uint8Array.from(image.data)], `Cover of ${file.name}.${endings[image.mimeType] ?? 'jpg'}`, {
      type: image.mimeType,
    })
  } catch {
    return null
  }
}

/** A video file that was opened; its decoder runs in a thread of its own. */
export interface OpenVideo {
  readonly known: KnownVideo
  /** Lists its frames. @throws {AppError} `DamagedMedia`, `Interrupted` when the video is closed. */
  read(): Promise<VideoReading>
  /**
   * Decodes the frames at these places in the file, in rising order, as a model gets them: resized as the reference
   * does. That begins at once, and runs ahead of who takes them as far as memory allows.
   *
   * @throws {AppError} `DamagedMedia`, `Interrupted` when `signal` aborts or the video is closed.
   */
  sample(indices: readonly number[], size: Size, signal: AbortSignal): AsyncGenerator<SampledFrame>
  /** At most `count` thumbnails about evenly spread over the whole file: those that are decoded at once. */
  overview(count: number, height: number, signal: AbortSignal): AsyncGenerator<Thumbnail>
  /** Ends everything that goes on with it and frees its memory. */
  close(): void
}

const interrupted = (): AppError => new AppError('Interrupted', 'Reading the video was stopped.')

/** A thread that waits for the next video: starting one takes longer than reading a file's head. */
let spare: Worker | null = null

const startWorker = (): Worker => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'video' })

/** Has a thread ready for the next video, as soon as the window has nothing else to do. */
export function prepareVideo(): void {
  requestIdleCallback(() => (spare ??= startWorker()))
}

/**
 * Opens an MP4, MOV, WebM, MKV or MPEG-TS file or a picture that moves, or one that is stored at an address, as far as
 * its head tells what it is.
 *
 * @throws {AppError} `UnsupportedMedia` or `DamagedMedia` for what is no such file, `Interrupted` when `signal` aborts.
 */
export async function openVideo(from: Blob | string, signal: AbortSignal): Promise<OpenVideo> {
  const worker = spare ?? startWorker()
  spare = null
  const closed = new AbortController()
  const close = (): void => {
    closed.abort()
    worker.terminate()
  }
  let tasks = 0

  /** Begins a task at once; its results come as they are taken. */
  function run(task: Task, signal: AbortSignal): AsyncGenerator<Result> {
    const id = ++tasks
    const queue: Reply[] = []
    let wake: (() => void) | null = null
    const ended = AbortSignal.any([signal, closed.signal])
    const post = (request: Request): void => worker.postMessage(request)
    const onMessage = ({ data }: MessageEvent<Reply>): void => {
      if (data.id !== id) return
      queue.push(data)
      wake?.()
    }
    const onError = (): void => {
      queue.push({
        id,
        error: {
          code: 'EngineFailed',
          message: 'The video could not be read: its decoder ended. Add the video again.',
        },
      })
      wake?.()
    }
    const leave = (): void => {
      worker.removeEventListener('message', onMessage)
      worker.removeEventListener('error', onError)
      ended.removeEventListener('abort', onAbort)
      post({ id, cancel: true })
    }
    const onAbort = (): void => {
      leave()
      queue.length = 0
      wake?.()
    }
    worker.addEventListener('message', onMessage)
    worker.addEventListener('error', onError)
    ended.addEventListener('abort', onAbort)
    if (!ended.aborted) post({ id, task })
    async function* results(): AsyncGenerator<Result> {
      try {
        for (;;) {
          if (ended.aborted) throw interrupted()
          const next = queue.shift()
          if (!next) await new Promise<void>((resolve) => (wake = resolve))
          else if ('done' in next) return
          else if ('error' in next) throw AppError.from(next.error)
          else {
            yield next.result
            post({ id, more: true })
          }
        }
      } finally {
        leave()
      }
    }
    return results()
  }

  async function first<T>(task: Task, signal: AbortSignal, pick: (result: Result) => T | null): Promise<T> {
    for await (const result of run(task, signal)) {
      const picked = pick(result)
      if (picked !== null) return picked
    }
    throw interrupted()
  }

  async function* each<T>(results: AsyncGenerator<Result>, pick: (result: Result) => T | null): AsyncGenerator<T> {
    for await (const result of results) {
      const picked = pick(result)
      if (picked !== null) yield picked
    }
  }

  try {
    const known = await first({ type: 'open', from }, signal, (result) =>
      result.type === 'known' ? result.known : null,
    )
    return {
      known,
      close,
      read: () =>
        first({ type: 'read' }, closed.signal, (result) => (result.type === 'reading' ? result.reading : null)),
      sample: (indices, { width, height }, stop) =>
        each(run({ type: 'sample', indices, size: { width, height } }, stop), (result) =>
          result.type === 'sampled' ? result.sampled : null,
        ),
      overview: (count, height, stop) =>
        each(run({ type: 'overview', count, height }, stop), (result) =>
          result.type === 'thumbnail' ? result.thumbnail : null,
        ),
    }
  } catch (thrown) {
    close()
    throw thrown
  }
}
