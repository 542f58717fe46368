import { desktopCapturer } from 'electron'
import type { DesktopCapturerSource, Session } from 'electron'
import type { Permits } from './core/link.ts'
import { isTrustedFrame } from './rpcPorts.ts'

/**
 * Shows the own page the one screen or window that the core has permitted just now, without sound; everything else is
 * refused. Where the desktop asks its user, that answer is the source.
 */
export function handleDisplayMedia(session: Pick<Session, 'setDisplayMediaRequestHandler'>, permits: Permits): void {
  session.setDisplayMediaRequestHandler(({ frame, audioRequested, videoRequested }, answer) => {
    if (!isTrustedFrame(frame) || !videoRequested || audioRequested) return answer(null)
    permits
      .take('screen')
      .then((permit) => permit && permittedSource(permit.sourceId))
      .then(
        (source) => answer(source ? { video: source } : null),
        () => answer(null),
      )
  })
}

/** null also when the user of a desktop that asks chose nothing. */
async function permittedSource(id: string | null): Promise<DesktopCapturerSource | null> {
  const options = { types: ['screen' as const, 'window' as const], thumbnailSize: { width: 0, height: 0 } }
  const sources = await desktopCapturer.getSources(options).catch(() => [])
  return (id === null ? sources[0] : sources.find((source) => source.id === id)) ?? null
}
