import type { Session } from 'electron'

/** The one permission the window needs: writing what the user copies. Reading the clipboard comes with a paste event. */
const granted = new Set(['clipboard-sanitized-write'])

/** Denies every permission and every device to every page, but for copying text. */
export function denyPermissions(
  session: Pick<Session, 'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'>,
): void {
  session.setPermissionRequestHandler((_contents, permission, answer) => answer(granted.has(permission)))
  session.setPermissionCheckHandler((_contents, permission) => granted.has(permission))
  session.setDevicePermissionHandler(() => false)
}
