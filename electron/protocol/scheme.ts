import type { CustomScheme } from 'electron'

/** The app's own scheme: no file:// and no port that other programs could reach. */
export const SCHEME = 'app'
/** Where the window's page comes from. */
export const WINDOW_HOST = 'sightline'
/** Where pictures come from and go to. */
export const ATTACHMENT_HOST = 'attachment'
/** Where pictures of the screen are while one is being captured. */
export const CAPTURE_HOST = 'capture'
export const WINDOW_ORIGIN = `${SCHEME}://${WINDOW_HOST}`
export const ATTACHMENT_ADDRESS = `${SCHEME}://${ATTACHMENT_HOST}/`
export const CAPTURE_ADDRESS = `${SCHEME}://${CAPTURE_HOST}/`

/** Registered before the app is ready, so that the page is a secure context with an origin of its own. */
export const scheme: CustomScheme = {
  scheme: SCHEME,
  privileges: { standard: true, secure: true, supportFetchAPI: true, corsEnabled: true, stream: true },
}

/** True for addresses of the window's own page. */
export function isWindowAddress(address: string): boolean {
  return URL.canParse(address) && new URL(address).protocol === `${SCHEME}:` && new URL(address).host === WINDOW_HOST
}
