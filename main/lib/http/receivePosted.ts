import { AppError } from '#contract'
import type { Attachment, FrameKey, RawFrame, VideoFacts } from '#contract'
import { factsOf, frameAddress, frameLayout } from './attachmentAddress.ts'

/** A chunk is good until the next one is asked for. */
type Body = AsyncIterable<Uint8Array>

/** Where posted bytes end, and the addresses below which a window posts them. */
export interface PostTargets {
  readonly attachments: {
    readonly address: string
    store(name: string, body: Body, signal?: AbortSignal, facts?: VideoFacts): Promise<Attachment>
  }
  readonly frames: {
    store(key: FrameKey, n: number, layout: RawFrame, body: Body, signal?: AbortSignal): Promise<void>
    storePoster(key: FrameKey, layout: RawFrame, body: Body, signal?: AbortSignal): Promise<void>
  }
  /** null where the shell captures no screens. */
  readonly captures: { readonly address: string; store(path: string, body: Body): Promise<void> } | null
}

/** What an upload was stored as; nothing for frames and captures. */
export type PostedFile = Attachment | undefined

/**
 * Stores bytes that a window posted, over whatever carried them: `<attachments>?name=...[&facts=...]` is a file,
 * `<attachments>frames/<key>/<n>?width=...` a frame or a poster of a video, `<captures><capture>/chosen` a part of a
 * captured screen. Throws what the stores throw, and NotFound for any other address.
 */
export async function receivePosted(
  { attachments, frames, captures }: PostTargets,
  address: string,
  body: Body,
  signal?: AbortSignal,
): Promise<PostedFile> {
  if (captures && address.startsWith(captures.address)) {
    return void (await captures.store(decodeURIComponent(address.slice(captures.address.length)), body))
  }
  const { path, query } = below(attachments.address, address)
  if (path === '') return attachments.store(query.get('name') || 'Picture', body, signal, factsOf(query))
  const frame = path === null ? null : frameAddress(path)
  if (!frame) throw new AppError('NotFound', 'There is nothing at this address.')
  const { key, n } = frame
  if (n === 'poster') await frames.storePoster(key, frameLayout(query), body, signal)
  else await frames.store(key, n, frameLayout(query), body, signal)
}

/** Path and query of an address below `base`; null: it is not below it. */
function below(base: string, address: string): { path: string | null; query: URLSearchParams } {
  const [path = '', query = ''] = address.startsWith(base) ? address.slice(base.length).split(/\?(.*)/s) : []
  return { path: address.startsWith(base) ? path : null, query: new URLSearchParams(query) }
}
