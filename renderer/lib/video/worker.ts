import { AppError, toErrorInfo } from '#contract'
import { createPixelReader } from './pixels.ts'
import { sendFrame } from './sendFrame.ts'
import { AHEAD, type Reply, type Request, type Result, type Task } from './types.ts'
import { openVideoFile, type VideoFile } from './videoFile.ts'

/** A task under way. `room`: results that may still be sent before the window takes one. */
interface Run {
  readonly abort: AbortController
  room: number
  onRoom: (() => void) | null
}

const runs = new Map<number, Run>()
let video: VideoFile | null = null

const reply = (message: Reply): void => self.postMessage(message)

/** Results of a task, one by one. */
async function* work(task: Task, signal: AbortSignal): AsyncGenerator<Result> {
  if (task.type === 'open') {
    video = await openVideoFile(task.from)
    return yield { type: 'reading', reading: video.reading }
  }
  if (!video) throw new AppError('MediaNotFound', 'The video is not open.')
  const { facts, times } = video.reading
  const pixels = createPixelReader(facts, task.type === 'send' ? task.least : facts)
  const indices = task.type === 'send' ? task.frames.map(({ index }) => index) : await video.overview(task.count)
  let at = 0
  for await (const sample of video.frames(indices, signal)) {
    const place = at++
    const index = indices[place] ?? 0
    try {
      if (task.type === 'send') {
        const frame = await pixels.read(sample)
        for (const address of task.frames[place]?.to ?? []) await sendFrame(address, frame, signal)
        yield { type: 'sent', index }
      } else yield { type: 'thumbnail', thumbnail: { index, time: times[index] ?? 0, picture: await pixels.shrink(sample, task.height) } }
    } finally {
      sample.close()
    }
  }
}

async function run(id: number, task: Task): Promise<void> {
  const own: Run = { abort: new AbortController(), room: AHEAD, onRoom: null }
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
