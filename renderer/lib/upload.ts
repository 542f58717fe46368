import { t } from '@lingui/core/macro'
import { AppError, ErrorInfo, MAX_POSTED_BYTES } from '#contract'
import type { HostDescription, StoredFile, VideoFacts } from '#contract'
import { connectionLost, told } from './errors.ts'
import { call, connection } from './rpc.ts'

/** How long bytes wait for the connection, in ms. */
const PATIENCE_MS = 3_000

/**
 * Sends bytes to an address that the core gave: over the window's message port where the shell has one, else by HTTP.
 * Resolves with what they were stored as, or null for a frame or a capture.
 *
 * @throws {AppError} What the core says, `MediaTooLarge` for more than a message port carries, `Interrupted` when the core
 * cannot be reached or `signal` aborts.
 */
export async function sendBytes(
  address: string,
  body: Blob | Uint8Array<ArrayBuffer>,
  signal?: AbortSignal,
): Promise<StoredFile | null> {
  const patience = AbortSignal.timeout(PATIENCE_MS)
  const { sendBytes: overPort } = await connection.ready(signal ? AbortSignal.any([signal, patience]) : patience)
  if (!overPort) return post(address, body, signal)
  const size = body instanceof Blob ? body.size : body.byteLength
  if (size > MAX_POSTED_BYTES) {
    const megabytes = Math.floor(MAX_POSTED_BYTES / 1024 / 1024)
    const message = t`What is not a file on this computer can have at most ${megabytes} MB. Save it as a file and add that.`
    throw new AppError('MediaTooLarge', message, { limit: MAX_POSTED_BYTES })
  }
  return overPort(address, body instanceof Blob ? new Uint8Array(await body.arrayBuffer()) : body, signal)
}

async function post(address: string, body: Blob | Uint8Array<ArrayBuffer>, signal?: AbortSignal) {
  let response: Response
  try {
    response = await fetch(address, { method: 'POST', body, signal: signal ?? null })
  } catch {
    throw connectionLost()
  }
  if (response.status === 204) return null
  const answer: unknown = await response.json().catch(() => null)
  if (response.ok) return answer as StoredFile
  const info = ErrorInfo.safeParse(answer)
  throw info.success
    ? new AppError(info.data.code, told(info.data), info.data.detail)
    : new AppError('StorageFailed', t`This could not be stored (status ${response.status}). Try again.`)
}

const wellFormed = (name: string): string => name.toWellFormed().slice(-255)

/** Where files lie that were opened with the app: their bytes were read for the window, which did not get them from its user itself. */
const openedFrom = new WeakMap<File, string>()

/** The files that were opened with the app and that no window has taken yet. What cannot be read any more is left out. */
export async function openedFiles(host: HostDescription): Promise<readonly File[]> {
  const files: File[] = []
  for (const { id, path, name } of await call((core) => core.attachments.takeOpened())) {
    const answer = await fetch(`${host.attachments}${id}`).catch(() => null)
    if (!answer?.ok) continue
    const file = new File([await answer.blob()], name)
    openedFrom.set(file, path)
    files.push(file)
  }
  return files
}

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
export async function upload(host: HostDescription, file: File, options: UploadOptions = {}): Promise<StoredFile> {
  const path =
    openedFrom.get(file) ?? (host.capabilities.filePaths ? await window.sightlineBridge?.pathOf(file) : undefined)
  return path ? storeFrom(path, file, options) : send(host, file, options)
}

/** Has the core store the file at `path`; an abort stops it there. */
function storeFrom(path: string, { size }: File, { facts, signal }: UploadOptions): Promise<StoredFile> {
  return call(async (core) => {
    const wanted = { path, bytes: size, ...(facts && { facts }) }
    for await (const event of await core.attachments.storeFile(wanted, signal && { signal })) {
      if (event.type === 'stored') return event.attachment
    }
    throw connectionLost()
  })
}

/** Sends the bytes of a file to the core. */
async function send(host: HostDescription, file: File, { facts, signal }: UploadOptions): Promise<StoredFile> {
  const readable = await file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    )
  if (!readable)
    throw new AppError('MediaNotFound', 'This could not be read. Folders cannot be added; add the files in it.')
  const factsQuery = facts ? `&facts=${encodeURIComponent(JSON.stringify(facts))}` : ''
  // Without a type of its own the body needs no preflight where pictures have another origin; the core looks at the
  // bytes.
  const stored = await sendBytes(
    `${host.attachments}?name=${encodeURIComponent(wellFormed(file.name))}${factsQuery}`,
    file.slice(),
    signal,
  )
  if (!stored) throw new AppError('StorageFailed', t`${file.name} could not be stored. Try again.`)
  return stored
}
