import type { Readable } from 'node:stream'
import type { Attachment } from '#contract'
import type { Channel } from '../rpc/channel.ts'
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
    store(name: string, body: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<Attachment>
    open(sha: string, size?: 'thumb'): Promise<ServedFile>
  }
  close(): Promise<void>
}
