import { AppError, ErrorInfo, type Attachment, type HostDescription, type VideoFacts } from '#contract'
import { connectionLost } from './errors.ts'

const wellFormed = (name: string): string => name.toWellFormed().slice(-255)

/**
 * Stores a file with the core. `facts`: what is known of a video.
 *
 * @throws {AppError} What the core says against the file, `MediaNotFound` when it cannot be read (a folder, a file that
 * is gone), `Interrupted` when the core cannot be reached or `signal` aborts.
 */
export async function upload(
  host: HostDescription,
  file: File,
  { facts, signal }: { facts?: VideoFacts; signal?: AbortSignal } = {},
): Promise<Attachment> {
  const readable = await file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    )
  if (!readable)
    throw new AppError('MediaNotFound', 'This could not be read. Folders cannot be added; add the files in it.')
  // Without a type of its own the body needs no preflight where pictures have another origin; the core looks at the
  // bytes.
  const told = facts ? `&facts=${encodeURIComponent(JSON.stringify(facts))}` : ''
  let response: Response
  try {
    response = await fetch(`${host.attachments}?name=${encodeURIComponent(wellFormed(file.name))}${told}`, {
      method: 'POST',
      body: file.slice(),
      signal: signal ?? null,
    })
  } catch {
    throw connectionLost()
  }
  const body: unknown = await response.json().catch(() => null)
  if (response.ok) return body as Attachment
  const info = ErrorInfo.safeParse(body)
  throw info.success
    ? AppError.from(info.data)
    : new AppError('StorageFailed', `The file could not be stored (status ${response.status}). Try again.`)
}
