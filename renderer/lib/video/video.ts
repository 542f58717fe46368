import { AppError } from '#contract'
import type { Reply, Request, Result, Sending, Size, Task, Thumbnail, VideoReading } from './types.ts'

/** A video file that was opened; its decoder runs in a thread of its own. */
export interface OpenVideo {
  readonly reading: VideoReading
  /**
   * Decodes frames, in rising order, and sends each where it is wanted; gives the place in the file of each that was sent.
   * One exists at a time, and only in the decoder's thread.
   *
   * @param least A frame that is larger than the core takes is not made smaller than this.
   * @throws {AppError} `DamagedMedia`, what the core says, `Interrupted` when `signal` aborts or the video is closed.
   */
  send(frames: readonly Sending[], least: Size, signal: AbortSignal): AsyncGenerator<number>
  /** At most `count` thumbnails about evenly spread over the whole file: those that are decoded at once. */
  overview(count: number, height: number, signal: AbortSignal): AsyncGenerator<Thumbnail>
  /** Ends everything that goes on with it and frees its memory. */
  close(): void
}

const interrupted = (): AppError => new AppError('Interrupted', 'Reading the video was stopped.')

/**
 * Opens an MP4, MOV, WebM or MKV file, or one that is stored at an address.
 *
 * @throws {AppError} `UnsupportedMedia` or `DamagedMedia` for what is no such file, `Interrupted` when `signal` aborts.
 */
export async function openVideo(from: Blob | string, signal: AbortSignal): Promise<OpenVideo> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'video' })
  const closed = new AbortController()
  const close = (): void => {
    closed.abort()
    worker.terminate()
  }
  let tasks = 0

  async function* run(task: Task, signal: AbortSignal): AsyncGenerator<Result> {
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
      queue.push({ id, error: { code: 'EngineFailed', message: 'The video could not be read: its decoder ended. Add the video again.' } })
      wake?.()
    }
    const onAbort = (): void => wake?.()
    worker.addEventListener('message', onMessage)
    worker.addEventListener('error', onError)
    ended.addEventListener('abort', onAbort)
    try {
      if (!ended.aborted) post({ id, task })
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
      worker.removeEventListener('message', onMessage)
      worker.removeEventListener('error', onError)
      ended.removeEventListener('abort', onAbort)
      post({ id, cancel: true })
    }
  }

  try {
    for await (const result of run({ type: 'open', from }, signal)) {
      if (result.type !== 'reading') continue
      return {
        reading: result.reading,
        close,
        async *send(frames, { width, height }, stop) {
          for await (const one of run({ type: 'send', frames, least: { width, height } }, stop)) if (one.type === 'sent') yield one.index
        },
        async *overview(count, height, stop) {
          for await (const one of run({ type: 'overview', count, height }, stop)) if (one.type === 'thumbnail') yield one.thumbnail
        },
      }
    }
    throw interrupted()
  } catch (thrown) {
    close()
    throw thrown
  }
}
