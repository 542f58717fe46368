import { app } from './app.ts'
import type { SchemeAddresses } from './schemeAddress.ts'
import { serveScheme } from './schemeServer.ts'
import type { SchemeHandler } from './schemeServer.ts'
import type { Surface } from './surface.ts'

let registered: string | null = null
let handler: SchemeHandler | undefined
let served: SchemeAddresses | null = null

/** The app's one scheme: registered before the app is ready, handled after. */
export const protocol: Surface['protocol'] = {
  registerSchemesAsPrivileged(schemes) {
    if (app.isReady) throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready')
    const [scheme] = schemes
    if (!scheme?.privileges?.standard || !scheme.privileges.secure)
      throw new Error('The stand-in only serves standard, secure schemes.')
    registered = scheme.scheme
  },
  handle(scheme, handle) {
    if (scheme !== registered) throw new Error(`The scheme "${scheme}" is not registered.`)
    handler = handle as SchemeHandler
  },
}

/** Starts to carry the registered scheme. */
export async function startProtocol(): Promise<void> {
  if (registered) served = await serveScheme(registered, () => handler)
}

/** How addresses of the scheme are called in the page. Throws before the app is ready. */
export function schemeAddresses(): SchemeAddresses {
  if (!served) throw new Error('No scheme is served yet.')
  return served
}
