import type { PostedFile } from '../lib/http/receivePosted.ts'
import type { Channel } from '../rpc/channel.ts'

/** A stored file; `bytes` is the size of the whole file. */
export interface ServedFile {
  readonly mime: string
  readonly bytes: number
  readonly path: string
}

/** The part of the core that is reached over HTTP. */
export interface ShellApp {
  /** Answers one window until its channel closes or the returned function is called. */
  serve(channel: Channel): () => void
  /** Takes the bytes that a window posts to an address below `attachments`. */
  receive(address: string, body: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<PostedFile>
  readonly attachments: { open(sha: string, size?: 'thumb'): Promise<ServedFile> }
  readonly frames: { open(key: string, n: number): Promise<ServedFile> }
  close(): Promise<void>
}
