import { AppError, ErrorInfo, type Attachment, type HostDescription } from '#contract'
import { connectionLost } from './errors.ts'

const wellFormed = (name: string): string => name.toWellFormed().slice(-255)

/**
 * Stores a file with the core.
 *
 * @throws {AppError} What the core says against the file, `MediaNotFound` when it cannot be read (a folder, a file that
 * is gone), `Interrupted` when the core cannot be reached.
 */
export async function upload(host: HostDescription, file: File): Promise<Attachment> {
  const readable = await file.slice(0, 1).arrayBuffer().then(() => true, () => false)
  if (!readable) throw new AppError('MediaNotFound', 'This could not be read. Folders cannot be added; add the pictures in it.')
  // Without a type of its own the body needs no preflight where pictures have another origin; the core looks at the bytes.
  let response: Response
  try {
    response = await fetch(`${host.attachments}?name=${encodeURIComponent(wellFormed(file.name))}`, { method: 'POST', body: file.slice() })
  } catch {
    throw connectionLost()
  }
  const body: unknown = await response.json().catch(() => null)
  if (response.ok) return body as Attachment
  const info = ErrorInfo.safeParse(body)
  throw info.success ? AppError.from(info.data) : new AppError('StorageFailed', `The picture could not be stored (status ${response.status}). Try again.`)
}
