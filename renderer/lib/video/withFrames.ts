import { AppError, type Part } from '#contract'
import { toAppError } from '../errors.ts'
import { pictureUrl, whenHost } from '../host.ts'
import { call } from '../rpc.ts'
import { fillFrames } from './fillFrames.ts'
import { openVideo } from './video.ts'

/** A video of a question and the set of its frames. */
export type VideoPart = Extract<Part, { type: 'video' }>

/** A video whose frames are read again: how many of them the core has. */
export interface Rereading {
  readonly name: string
  readonly done: number
  readonly total: number
}

/** How many videos of one conversation are read again before a question gives up. */
const MOST = 64

/**
 * A request about a conversation whose videos' frames may have gone: they are a cache. Those that the core lacks are read
 * again from the stored files, then the request is made again.
 *
 * @param options.own Videos of the request itself, which no message has yet.
 * @param options.onReading Told how far a video is read, and null when the request is made again.
 * @throws {AppError} What the request throws, or `fillFrames`; `Interrupted` when `signal` aborts before the request is made.
 */
export async function withFrames<T>(
  conversationId: string | null,
  request: () => Promise<T>,
  options: {
    readonly signal: AbortSignal
    readonly onReading: (reading: Rereading | null) => void
    readonly own?: readonly VideoPart[]
  },
): Promise<T> {
  const { signal, onReading, own = [] } = options
  for (let round = 0; ; round++) {
    if (signal.aborted) throw new AppError('Interrupted', 'Reading the video was stopped.')
    try {
      return await request()
    } catch (thrown) {
      const { code, detail } = toAppError(thrown)
      if (code !== 'FramesMissing' || round >= MOST) throw thrown
      const key = String(detail?.['key'])
      const part = own.find((one) => one.key === key) ?? (await findVideo(conversationId, key))
      if (!part) throw thrown
      try {
        await readAgain(part, onReading, signal)
      } finally {
        onReading(null)
      }
    }
  }
}

/** The video of a conversation whose frames have this name. */
async function findVideo(id: string | null, key: string): Promise<VideoPart | null> {
  if (id === null) return null
  const abort = new AbortController()
  try {
    return await call(async (core) => {
      for await (const event of await core.conversations.watch({ id }, { signal: abort.signal })) {
        if (event.type !== 'snapshot') continue
        const parts = event.messages.flatMap((message) => message.parts)
        return parts.find((part): part is VideoPart => part.type === 'video' && part.key === key) ?? null
      }
      return null
    })
  } finally {
    abort.abort()
  }
}

async function readAgain(
  { attachment, sample }: VideoPart,
  onReading: (reading: Rereading) => void,
  signal: AbortSignal,
): Promise<void> {
  const { sha, name } = attachment
  const tell = (done: number): void => onReading({ name, done, total: sample.indices.length })
  tell(0)
  const host = await whenHost()
  // what this window has no reader for, the core reads
  const video = await openVideo(pictureUrl(host, sha) ?? '', signal).catch(() => null)
  try {
    await fillFrames(host, video, { sha, sample }, ({ total, missing }) => tell(total - missing.length), signal)
  } finally {
    video?.close()
  }
}
