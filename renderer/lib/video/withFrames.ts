import type { Part } from '#contract'
import { toAppError } from '../errors.ts'
import { pictureUrl, whenHost } from '../host.ts'
import { call } from '../rpc.ts'
import { fillFrames } from './fillFrames.ts'
import { openVideo } from './video.ts'

type VideoPart = Extract<Part, { type: 'video' }>

/** How many videos of one conversation are read again before a question gives up. */
const MOST = 64

/**
 * A request about a conversation whose earlier videos' frames may have gone: they are a cache. Those that the core
 * lacks
 * are read again from the stored files, then the request is made again.
 *
 * @throws {AppError} What the request throws, or `fillFrames`.
 */
export async function withFrames<T>(
  conversationId: string | null,
  request: () => Promise<T>,
  signal = new AbortController().signal,
): Promise<T> {
  for (let round = 0; ; round++) {
    try {
      return await request()
    } catch (thrown) {
      const { code, detail } = toAppError(thrown)
      const part =
        code === 'FramesMissing' && conversationId !== null && round < MOST
          ? await findVideo(conversationId, String(detail?.['key']))
          : null
      if (!part) throw thrown
      await readAgain(part, signal)
    }
  }
}

/** The video of a conversation whose frames have this name. */
async function findVideo(id: string, key: string): Promise<VideoPart | null> {
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

async function readAgain({ attachment, sample }: VideoPart, signal: AbortSignal): Promise<void> {
  const host = await whenHost()
  // what this window has no reader for, the core reads
  const video = await openVideo(pictureUrl(host, attachment.sha) ?? '', signal).catch(() => null)
  try {
    await fillFrames(host, video, { sha: attachment.sha, sample }, () => {}, signal)
  } finally {
    video?.close()
  }
}
