import type { Protocol } from 'electron'
import type { RunningCore } from '../core/link.ts'
import { serveAttachment } from './attachments.ts'
import { serveCapture } from './captures.ts'
import { ATTACHMENT_HOST, CAPTURE_HOST, SCHEME, WINDOW_HOST } from './scheme.ts'
import { refuse, serveStaticFile } from './staticFiles.ts'

export { ATTACHMENT_ADDRESS, CAPTURE_ADDRESS, isWindowAddress, scheme, WINDOW_ORIGIN } from './scheme.ts'

/** What is behind the hosts of the app's scheme. `page` is the folder of the built window. */
export interface ProtocolContents extends Pick<RunningCore, 'attachments' | 'frames' | 'captures'> {
  readonly page: string
}

/** Answers every request to the app's scheme; other hosts than the known ones are 404. */
export function handleProtocol(
  protocol: Pick<Protocol, 'handle'>,
  { page, attachments, frames, captures }: ProtocolContents,
): void {
  protocol.handle(SCHEME, (request) => {
    const { host } = new URL(request.url)
    if (host === WINDOW_HOST) return serveStaticFile(request, page)
    if (host === ATTACHMENT_HOST) return serveAttachment(request, { attachments, frames })
    if (host === CAPTURE_HOST) return serveCapture(request, captures)
    return refuse(404)
  })
}
