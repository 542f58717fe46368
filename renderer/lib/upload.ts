import { AppError, type Attachment, type HostDescription, type VideoFacts } from '#contract'
import { connectionLost } from './errors.ts'
import { call } from './rpc.ts'
import { sendBytes } from './sendBytes.ts'

const wellFormed = (name: string): string => name.toWellFormed().slice(-255)

/** What goes with a file. `facts`: what is known of a video. */
export interface UploadOptions {
  readonly facts?: VideoFacts
  readonly signal?: AbortSignal
}

/**
 * Stores a file with the core, which reads it itself where the shell tells the path of what the user dropped or picked; what
 * is in memory only, such as a pasted picture, is sent.
 *
 * @throws {AppError} What the core says against the file, `MediaNotFound` when it cannot be read (a folder, a file that
 * is gone), `Interrupted` when the core cannot be reached or `signal` aborts.
 */
export async function upload(host: HostDescription, file: File, options: UploadOptions = {}): Promise<Attachment> {
  const path = host.capabilities.filePaths ? await window.sightlineBridge?.pathOf(file) : undefined
  return path ? storeFrom(path, file, options) : send(host, file, options)
}

/** Has the core store the file at `path`; an abort stops it there. */
function storeFrom(path: string, { size }: File, { facts, signal }: UploadOptions): Promise<Attachment> {
  return call(async (core) => {
    const wanted = { path, bytes: size, ...(facts && { facts }) }
    for await (const event of await core.attachments.storeFile(wanted, signal && { signal })) {
      if (event.type === 'stored') return event.attachment
    }
    throw connectionLost()
  })
}

/** Sends the bytes of a file to the core. */
async function send(host: HostDescription, file: File, { facts, signal }: UploadOptions): Promise<Attachment> {
  const readable = await file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    )
  if (!readable)
    throw new AppError('MediaNotFound', 'This could not be read. Folders cannot be added; add the files in it.')
  const told = facts ? `&facts=${encodeURIComponent(JSON.stringify(facts))}` : ''
  // Without a type of its own the body needs no preflight where pictures have another origin; the core looks at the
  // bytes.
  const stored = await sendBytes(
    `${host.attachments}?name=${encodeURIComponent(wellFormed(file.name))}${told}`,
    file.slice(),
    signal,
  )
  if (!stored) throw new AppError('StorageFailed', `${file.name} could not be stored. Try again.`)
  return stored
}
