import { z } from 'zod'
import { AppError, MAX_POSTED_BYTES, Post, toShownError } from '#contract'
import type { ErrorInfo, PostAnswer, StoredFile } from '#contract'
import { fromRpcError, toRpcError, warnOfDefect } from './errors.ts'

/** The part of a message port that posts need. */
interface PostPort {
  postMessage(message: PostAnswer): void
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown
  on(event: 'close', listener: () => void): unknown
}

type Receive = (
  address: string,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
) => Promise<StoredFile | undefined>

/**
 * Takes the bytes that a window posts over its port beside the calls of the contract. One piece is bounded: a larger one
 * is answered with MediaTooLarge. What the window gave up, or left behind when it closed, is aborted. The port has to be
 * started by others.
 */
export function servePosts(
  port: PostPort,
  receive: Receive,
  { limit = MAX_POSTED_BYTES, onDefect = warnOfDefect } = {},
): void {
  const underWay = new Map<number, AbortController>()

  async function take({ post, address, body }: Extract<Post, { post: number }>): Promise<void> {
    const stop = new AbortController()
    underWay.set(post, stop)
    const answer = await receive(address, pieces(body, limit), stop.signal).then(
      (stored): PostAnswer => ({ post, stored: stored ?? null }),
      (error: unknown): PostAnswer => ({ post, error: toInfo(error, onDefect) }),
    )
    underWay.delete(post)
    port.postMessage(answer)
  }

  /** What is no post belongs to others on this port; one that is ill-formed is answered, or its window would wait. */
  function refuseIllFormed(data: unknown): void {
    const post = z.object({ post: z.int() }).safeParse(data).data?.post
    if (post === undefined) return
    const error = new AppError(
      'InvalidInput',
      'This cannot be taken in: it is not a file. Save it as a file and add that.',
    )
    port.postMessage({ post, error: error.toInfo() })
  }

  port.on('message', ({ data }) => {
    const message = Post.safeParse(data).data
    if (!message) return refuseIllFormed(data)
    if ('abandon' in message) underWay.get(message.abandon)?.abort()
    else void take(message)
  })
  port.on('close', () => {
    for (const stop of underWay.values()) stop.abort()
  })
}

async function* pieces(body: Uint8Array, limit: number): AsyncGenerator<Uint8Array> {
  if (body.byteLength > limit) {
    const megabytes = Math.floor(limit / 1024 / 1024)
    const advice = 'Save it as a file and add that.'
    throw new AppError('MediaTooLarge', `This is larger than ${megabytes} MB. ${advice}`, { limit })
  }
  yield body
}

function toInfo(error: unknown, onDefect: (error: unknown) => void): ErrorInfo {
  const known = fromRpcError(toRpcError(error))
  if (!(known instanceof AppError)) onDefect(error)
  return toShownError(known)
}
