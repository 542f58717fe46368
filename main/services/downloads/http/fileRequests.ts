import http from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import https from 'node:https'
import { AppError, say } from '#contract'
import { leadsInside } from '../../../lib/http/privateHost.ts'
import { Transient, unusable } from '../failures.ts'

/** What a server said, its body not yet read. `url` is where redirects ended. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly url: URL
  readonly body: IncomingMessage
}

export interface RequestOptions {
  readonly headers: Record<string, string>
  /** Sent only to the origin of the first address. */
  readonly ownHeaders: Record<string, string>
  readonly signal: AbortSignal
  /** Longest wait for the headers of each hop, in ms. */
  readonly stallMs: number
}

/** GET requests over kept-alive connections, through the proxies of an environment. */
export interface FileRequests {
  /**
   * Follows up to ten redirects. Throws Transient when there is no answer, SourceUnreachable for redirects without end
   * and certificates that do not hold, SourceRefused for a redirect from https to http (localhost excepted) or from the
   * internet into the own network, and for a proxy that wants a password, InvalidInput for proxy settings that cannot be read, and the signal's reason.
   */
  get(url: string, options: RequestOptions): Promise<Answer>
  close(): void
}

const MAX_REDIRECTS = 10
const redirects = [301, 302, 303, 307, 308]
const certificateCode = /CERT|UNABLE_TO_(GET|VERIFY|DECODE)|^ERR_TLS/

/** `env`: where HTTP_PROXY, HTTPS_PROXY and NO_PROXY are read, in capital or small letters. */
export function createFileRequests(env: Record<string, string | undefined>): FileRequests {
  let agents: Agents | null = null
  return {
    async get(url, options) {
      agents ??= createAgents(env)
      let at = new URL(url)
      const { origin } = at
      for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
        const answer = await ask(at, agents, { ...options, ownHeaders: at.origin === origin ? options.ownHeaders : {} })
        const { location } = answer.headers
        if (!redirects.includes(answer.status) || location === undefined) return answer
        discard(answer.body)
        at = redirected(at, location)
      }
      throw unusable(at.host, 'it redirects without end')
    },
    close: () => Object.values(agents ?? {}).forEach((agent) => agent.destroy()),
  }
}

function redirected(from: URL, location: string): URL {
  const to = URL.parse(location, from.href)
  if (!to || !['http:', 'https:'].includes(to.protocol))
    throw unusable(from.host, `it redirects to ${location.slice(0, 200)}, which is no address`)
  if (from.protocol === 'https:' && to.protocol === 'http:' && !isLocal(to)) {
    const message = `${from.host} redirects to ${to.host} without encryption, which is not followed. Choose another source.`
    throw new AppError('SourceRefused', message, { from: from.host, to: to.host })
  }
  if (leadsInside(from, to)) {
    const message = `${from.host} redirects to ${to.host}, which is in your own network. That is not followed. Choose another source.`
    throw new AppError('SourceRefused', message, { from: from.host, to: to.host })
  }
  return to
}

const isLocal = ({ hostname }: URL) =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)

type Agents = Readonly<Record<string, http.Agent>>

function createAgents(proxyEnv: Record<string, string | undefined>): Agents {
  try {
    return {
      'http:': new http.Agent({ keepAlive: true, proxyEnv }),
      'https:': new https.Agent({ keepAlive: true, proxyEnv }),
    }
  } catch (error) {
    const message = 'The proxy settings cannot be read. Correct HTTPS_PROXY and HTTP_PROXY, then start the app again.'
    throw new AppError('InvalidInput', message, {}, { cause: error })
  }
}

/** One request without redirects. The answer's body fails with the signal's reason when that aborts. */
async function ask(
  url: URL,
  agents: Agents,
  { headers, ownHeaders, signal, stallMs }: RequestOptions,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  signal.throwIfAborted()
  const request = (url.protocol === 'https:' ? https : http).request(url, {
    agent: agents[url.protocol],
    headers: { 'User-Agent': 'Sightline', 'Accept-Encoding': 'identity', ...headers, ...ownHeaders },
  })
  const timer = setTimeout(() => request.destroy(new Transient('it does not answer')), stallMs)
  const abort = () => request.destroy()
  signal.addEventListener('abort', abort)
  request.on('response', (body) => {
    // Errors of the body are met where it is read; one that nobody reads must not end the process.
    body.on('error', () => {})
    resolve({ status: body.statusCode ?? 0, headers: body.headers, url, body })
  })
  request.on('error', (error) => reject(signal.aborted ? signal.reason : refined(error, url)))
  request.on('close', () => signal.removeEventListener('abort', abort))
  request.end()
  return promise.finally(() => clearTimeout(timer))
}

/** Reads a short body to its end so that its connection can be used again, ends the connection of any other. */
export function discard(body: IncomingMessage): void {
  if (Number(body.headers['content-length'] ?? Infinity) <= 64 * 1024) body.resume()
  else body.destroy()
}

function refined(error: Error & { code?: string; statusCode?: number }, url: URL): Error {
  if (error instanceof Transient) return error
  const code = error.code ?? ''
  if (certificateCode.test(code)) return unusable(url.host, `its certificate does not hold (${code})`, error)
  if (code === 'ERR_PROXY_TUNNEL' && error.statusCode === 407) return proxyRefuses(error)
  return new Transient(reasons[code] ?? `the connection failed (${code || error.message})`, 0, { cause: error })
}

export const proxyRefuses = (cause?: unknown) =>
  new AppError(
    'SourceRefused',
    say`The proxy asks for a name and a password. Put them into HTTPS_PROXY and HTTP_PROXY, then resume the download.`,
    {},
    { cause },
  )

const reasons: Record<string, string> = {
  ENOTFOUND: 'its name cannot be resolved',
  EAI_AGAIN: 'its name cannot be resolved',
  ECONNREFUSED: 'it refuses connections',
  ECONNRESET: 'the connection was lost',
  EPIPE: 'the connection was lost',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'it cannot be reached',
  ENETUNREACH: 'there is no network',
  ERR_PROXY_TUNNEL: 'the proxy does not reach it',
}

/**
 * The chunks of a body. Throws Transient when it breaks off or brings no byte for `stallMs` (time that the reader takes
 * does not count), and the signal's reason when that aborts. The connection is ended unless the body was read to its end.
 */
export async function* readBody({ body }: Answer, stallMs: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  try {
    for (;;) {
      const timer = setTimeout(() => body.destroy(new Transient('the connection went silent')), stallMs)
      const next = await chunks.next().finally(() => clearTimeout(timer))
      if (next.done) return
      yield next.value
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw error instanceof Transient ? error : new Transient('the connection was lost', 0, { cause: error })
  } finally {
    if (!body.readableEnded) body.destroy()
  }
}
