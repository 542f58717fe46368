import { AppError, ErrorInfo, MAX_POSTED_BYTES, type Attachment } from '#contract'
import { connectionLost } from './errors.ts'
import { connection } from './rpc.ts'

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
): Promise<Attachment | null> {
  const patience = AbortSignal.timeout(PATIENCE_MS)
  const { sendBytes: overPort } = await connection.ready(signal ? AbortSignal.any([signal, patience]) : patience)
  if (!overPort) return post(address, body, signal)
  const size = body instanceof Blob ? body.size : body.byteLength
  if (size > MAX_POSTED_BYTES) {
    const megabytes = Math.floor(MAX_POSTED_BYTES / 1024 / 1024)
    const message = `What is not a file on this computer can have at most ${megabytes} MB. Save it as a file and add that.`
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
  if (response.ok) return answer as Attachment
  const info = ErrorInfo.safeParse(answer)
  throw info.success
    ? AppError.from(info.data)
    : new AppError('StorageFailed', `This could not be stored (status ${response.status}). Try again.`)
}
