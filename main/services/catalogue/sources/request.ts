import { AppError } from '#contract'
import type { z } from 'zod'
import { leadsInside } from '../../../lib/http/privateHost.ts'
import { missing, refused, tooManyRequests, unreachable, unusableToken } from './source.ts'
import type { SourceConnection } from './source.ts'

const MAX_REDIRECTS = 5
const REDIRECTS = new Set([301, 302, 303, 307, 308])
const NO_LISTING = 'answered with something that is not a list of files, as a network that asks to sign in does'

/** One answer, checked. `link`: its Link header. */
export interface JsonAnswer<T> {
  readonly data: T
  readonly link: string | null
}

/**
 * Asks `path` (with its query) of a source for JSON about `repository`. Follows at most 5 redirects, never from https to
 * http or from the internet into the own network; the token goes to the source's own origin alone, over https or within this computer.
 * @throws AppError NotFound, SourceRefused, SourceUnreachable; the signal's reason.
 */
export async function getJson<T extends z.ZodType>(
  connection: SourceConnection,
  path: string,
  { schema, repository, signal }: { schema: T; repository: string; signal: AbortSignal },
): Promise<JsonAnswer<z.infer<T>>> {
  const token = await usableToken(connection)
  const deadline = AbortSignal.timeout(connection.timeoutMs)
  try {
    const response = await follow(connection, path, token, AbortSignal.any([signal, deadline]))
    if (!response.ok) {
      await response.body?.cancel()
      throw problemOf(connection, response, repository, token !== null)
    }
    const data = schema.safeParse(parse(await readText(connection, response)))
    if (!data.success) throw unreachable(connection, NO_LISTING, data.error)
    return { data: data.data, link: response.headers.get('link') }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof AppError) throw error
    if (deadline.aborted)
      throw unreachable(connection, `did not answer within ${Math.ceil(connection.timeoutMs / 1000)} seconds`)
    throw unreachable(connection, `cannot be reached (${reasonOf(error)})`)
  }
}

async function follow(
  connection: SourceConnection,
  path: string,
  token: string | null,
  signal: AbortSignal,
): Promise<Response> {
  let url = new URL(`${connection.base}${path}`)
  for (let redirects = 0; ; redirects++) {
    const headers = {
      accept: 'application/json',
      'user-agent': connection.userAgent,
      ...bearer(connection, token, url),
    }
    const response = await fetch(url.href, { headers, redirect: 'manual', signal })
    const location = response.headers.get('location')
    if (!REDIRECTS.has(response.status) || location === null) return response
    await response.body?.cancel()
    if (redirects === MAX_REDIRECTS) throw unreachable(connection, 'sends from one address to the next without end')
    const next = URL.parse(location, url.href)
    const isSafe = next?.protocol === 'https:' || next?.protocol === url.protocol
    if (!next || !isSafe || leadsInside(url, next))
      throw unreachable(connection, 'sends to an address that is not safe')
    url = next
  }
}

/** What a status other than 2xx means. Hugging Face answers 401 for what does not exist, and says so in a header. */
function problemOf(connection: SourceConnection, response: Response, repository: string, hasToken: boolean): AppError {
  const { status } = response
  const isMissing = status === 404 || status === 410 || response.headers.get('x-error-code') === 'RepoNotFound'
  if (isMissing) return missing(connection, repository)
  if (status === 401 || status === 403) return refused(connection, repository, status, hasToken)
  if (status === 429) return tooManyRequests(connection, secondsOf(response.headers.get('retry-after')))
  return unreachable(connection, `answers with a fault (HTTP ${status})`)
}

const secondsOf = (header: string | null): number | null =>
  header !== null && /^\d{1,5}$/.test(header) ? Number(header) : null

async function readText(connection: SourceConnection, response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    // leaving the loop cancels the rest of the body
    if (bytes > connection.maxBytes)
      throw unreachable(connection, `answered with more than ${connection.maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The system's name of a network failure. Messages are left out: they may quote headers, and so the token. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined
  return typeof cause?.code === 'string' && /^\w{2,40}$/.test(cause.code) ? cause.code : 'the connection failed'
}

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** The token that is kept for a source; null: none. @throws AppError SourceRefused for one that cannot be sent in a header. */
async function usableToken(connection: SourceConnection): Promise<string | null> {
  const token = (await connection.token())?.trim() ?? ''
  if (token === '') return null
  if (!/^[\x21-\x7e]+$/.test(token)) throw unusableToken(connection)
  return token
}

/** The header with a source's token, for its own origin alone, over https or within this computer; else none. */
function bearer({ base }: Pick<SourceConnection, 'base'>, token: string | null, url: URL): { authorization?: string } {
  const mayHaveIt = url.origin === new URL(base).origin && (url.protocol === 'https:' || LOOPBACK.test(url.hostname))
  return token !== null && mayHaveIt ? { authorization: `Bearer ${token}` } : {}
}

/** `bearer` with the token that is kept now. @throws AppError SourceRefused for one that cannot be sent in a header. */
export async function authorization(connection: SourceConnection, url: URL): Promise<Record<string, string>> {
  if (url.origin !== new URL(connection.base).origin) return {}
  return { ...bearer(connection, await usableToken(connection), url) }
}
