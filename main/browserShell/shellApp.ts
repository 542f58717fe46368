import type { Readable } from 'node:stream'
import type { Attachment, VideoFacts } from '#contract'
import type { Channel } from '../rpc/channel.ts'
import type { FrameLayout } from '../lib/http/attachmentAddress.ts'
import type { ByteRange } from '../lib/http/byteRange.ts'

/** A stored file; `bytes` is the size of the whole file. */
export interface ServedFile {
  readonly mime: string
  readonly bytes: number
  stream(range?: ByteRange): Readable
}

/** The part of the core that is reached over HTTP. */
export interface ShellApp {
  /** Answers one window until its channel closes or the returned function is called. */
  serve(channel: Channel): () => void
  readonly attachments: {
    store(name: string, body: AsyncIterable<Uint8Array>, signal?: AbortSignal, facts?: VideoFacts): Promise<Attachment>
    open(sha: string, size?: 'thumb'): Promise<ServedFile>
  }
  readonly frames: {
    store(
      key: string,
      n: number,
      layout: FrameLayout,
      body: AsyncIterable<Uint8Array>,
      signal?: AbortSignal,
    ): Promise<void>
    storePoster(key: string, layout: FrameLayout, body: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void>
    open(key: string, n: number): Promise<ServedFile>
  }
  close(): Promise<void>
}
