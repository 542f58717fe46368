import { AppError, toErrorInfo } from '#contract'
import { openAnimation } from './animation.ts'
import { createPixelReader } from './pixels.ts'
import type { Reply, Request, Result, Task } from './types.ts'
import { openVideoFile } from './videoFile.ts'
import type { VideoFile } from './videoFile.ts'

/** Bytes of frames that may wait for the window, which may not yet know where they go. */
const AHEAD_BYTES = 64 << 20
/** The least and the most results that may wait for it. */
const [LEAST_AHEAD, MOST_AHEAD] = [2, 1000]

/** A task under way. `room`: results that may still be sent before the window takes one. */
interface Run {
  readonly abort: AbortController
  room: number
  onRoom: (() => void) | null
}

const runs = new Map<number, Run>()
let video: VideoFile | null = null

function reply(message: Reply): void {
  const moved =
    'result' in message && message.result.type === 'sampled'
      ? [message.result.sampled.frame, message.result.sampled.poster].flatMap((frame) => frame?.pixels ?? [])
      : []
  self.postMessage(message, { transfer: moved })
}

/** Results of a task, one by one. */
async function* work(task: Task, signal: AbortSignal): AsyncGenerator<Result> {
  if (task.type === 'open') {
    video = (await openAnimation(task.from)) ?? (await openVideoFile(task.from))
    return yield { type: 'known', known: video.known }
  }
  if (!video) throw new AppError('MediaNotFound', 'The video is not open.')
  const { facts, times } = await video.read()
  if (task.type === 'read') return yield { type: 'reading', reading: { facts, times } }
  const pixels = createPixelReader(facts)
  const indices = task.type === 'sample' ? task.indices : await video.overview(task.count)
  let at = 0
  for await (const { sample, alpha } of video.frames(indices, signal)) {
    const place = at++
    const index = indices[place] ?? 0
    try {
      if (task.type === 'sample') {
        const poster = place === 0 ? pixels.poster(sample) : null
        yield { type: 'sampled', sampled: { index, frame: await pixels.resized({ sample, alpha }, task.size), poster } }
      } else
        yield {
          type: 'thumbnail',
          thumbnail: { index, time: times[index] ?? 0, picture: await pixels.shrink(sample, task.height) },
        }
    } finally {
      sample.close()
      alpha?.close()
    }
  }
}

/** The most results of a task that may wait for the window, which bounds the frames in memory. */
function ahead(task: Task): number {
  if (task.type !== 'sample') return LEAST_AHEAD
  return Math.max(LEAST_AHEAD, Math.min(MOST_AHEAD, Math.floor(AHEAD_BYTES / (task.size.width * task.size.height * 3))))
}

async function run(id: number, task: Task): Promise<void> {
  const own: Run = { abort: new AbortController(), room: ahead(task), onRoom: null }
  runs.set(id, own)
  try {
    for await (const result of work(task, own.abort.signal)) {
      if (own.abort.signal.aborted) return
      reply({ id, result })
      own.room--
      while (own.room <= 0 && !own.abort.signal.aborted) await new Promise<void>((resolve) => (own.onRoom = resolve))
    }
    reply({ id, done: true })
  } catch (thrown) {
    reply({ id, error: toErrorInfo(thrown) })
  } finally {
    runs.delete(id)
  }
}

self.addEventListener('message', ({ data }: MessageEvent<Request>) => {
  if ('task' in data) return void run(data.id, data.task)
  const own = runs.get(data.id)
  if (!own) return
  if ('more' in data) own.room++
  else own.abort.abort()
  own.onRoom?.()
})
