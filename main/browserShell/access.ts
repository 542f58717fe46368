import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Why a request is refused before anything of it is looked at further. */
export type Refusal = 'host' | 'origin' | 'session'

/** Who may talk to this server: pages of its own origin, in a browser that once came with a token. */
export interface Access {
  /** The token in the address that is printed; good as long as the server runs. */
  readonly token: string
  /** A token that is good for one visit: command lines can be seen by others on this computer. */
  visitToken(): string
  /** Whether `token` is a good one; a visit token is used up. */
  admit(token: string): boolean
  /** The Set-Cookie header of an admitted browser. */
  readonly cookie: string
  /** Whether the request may come in at all: its Host is this server, and no other page sent it. */
  checkSender(request: IncomingMessage): Refusal | null
  /** Whether the request carries the session cookie. */
  hasSession(request: IncomingMessage): boolean
  /** Whether the Origin header is present and this server's own: what a WebSocket or a change needs. */
  hasOwnOrigin(request: IncomingMessage): boolean
}

/** Access to the server on loopback port `port`, with secrets that last as long as the process. */
export function createAccess(port: number): Access {
  const token = secret()
  const session = secret()
  const visits = new Set<string>()
  // Browsers share cookies between ports of a host, so the name tells two running apps apart.
  const cookieName = `sightline_${port}`
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`]

  const hasOwnOrigin = ({ headers }: IncomingMessage) => headers.origin === `http://${headers.host}`
  return {
    token,
    visitToken() {
      const visit = secret()
      visits.add(visit)
      return visit
    },
    admit(candidate) {
      for (const visit of visits) if (equal(candidate, visit)) return visits.delete(visit)
      return equal(candidate, token)
    },
    cookie: `${cookieName}=${session}; Path=/; HttpOnly; SameSite=Strict`,
    checkSender(request) {
      const { headers, method } = request
      if (!hosts.includes(headers.host ?? '')) return 'host'
      const reading = method === 'GET' || method === 'HEAD'
      if (!reading || headers.origin !== undefined) return hasOwnOrigin(request) ? null : 'origin'
      // Another page may link to this one, but not load parts of it.
      const site = headers['sec-fetch-site']
      const foreign = site !== undefined && site !== 'same-origin' && site !== 'none'
      return foreign && headers['sec-fetch-mode'] !== 'navigate' ? 'origin' : null
    },
    hasSession({ headers }) {
      const cookies = (headers.cookie ?? '').split(';').map((cookie) => cookie.trim())
      return cookies.some(
        (cookie) => cookie.startsWith(`${cookieName}=`) && equal(cookie.slice(cookieName.length + 1), session),
      )
    },
    hasOwnOrigin,
  }
}

const secret = () => randomBytes(32).toString('base64url')

/** Compares in a time that tells nothing about where the difference is, nor about the length. */
function equal(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
