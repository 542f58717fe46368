import { desktopCapturer } from 'electron'
import type { DesktopCapturerSource, Session } from 'electron'
import type { Permits } from './core/link.ts'
import { isWindowAddress } from './protocol.ts'
import { isTrustedFrame } from './rpcPorts.ts'

type Handled = Pick<Session, 'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'>

/** The one permission the window always has: writing what the user copies. Reading the clipboard comes with a paste event. */
const granted = new Set(['clipboard-sanitized-write'])

/**
 * Denies every permission and every device to every page, but for copying text, and for what the core has permitted the
 * own page just now at a click of its user: the camera, without sound, and the screen.
 */
export function denyPermissions(session: Handled, permits: Permits): void {
  session.setPermissionRequestHandler((_contents, permission, answer, details) => {
    const isOwn = details.isMainFrame && isWindowAddress(details.requestingUrl)
    const types = 'mediaTypes' in details ? details.mediaTypes : undefined
    if (granted.has(permission)) return answer(true)
    // Which screen it is, and that it is one only, the handler of display media decides.
    if (permission === 'display-capture' && isOwn) return answerLater(permits.has('screen'), answer)
    const isCamera = permission === 'media' && types?.length === 1 && types[0] === 'video'
    if (isCamera && isOwn) {
      return answerLater(
        permits.take('camera').then((permit) => permit !== null),
        answer,
      )
    }
    answer(false)
  })
  session.setPermissionCheckHandler((_contents, permission) => granted.has(permission))
  session.setDevicePermissionHandler(() => false)
}

/** Without a core to ask nothing is permitted. */
function answerLater(permitted: Promise<boolean>, answer: (granted: boolean) => void): void {
  permitted.then(answer, () => answer(false))
}

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
