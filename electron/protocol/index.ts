import type { Protocol } from 'electron'
import { serveAttachment } from './attachments.ts'
import type { AttachmentStore } from './attachments.ts'
import { ATTACHMENT_HOST, SCHEME, WINDOW_HOST } from './scheme.ts'
import { refuse, serveStaticFile } from './staticFiles.ts'

export { ATTACHMENT_ADDRESS, isWindowAddress, scheme, WINDOW_ORIGIN } from './scheme.ts'

/** What is behind the two hosts of the app's scheme. `page` is the folder of the built window. */
export interface ProtocolContents {
  readonly page: string
  readonly attachments: AttachmentStore
}

/** Answers every request to the app's scheme; other hosts than the two known ones are 404. */
export function handleProtocol(protocol: Pick<Protocol, 'handle'>, { page, attachments }: ProtocolContents): void {
  protocol.handle(SCHEME, (request) => {
    const { host } = new URL(request.url)
    if (host === WINDOW_HOST) return serveStaticFile(request, page)
    if (host === ATTACHMENT_HOST) return serveAttachment(request, attachments)
    return refuse(404)
  })
}
