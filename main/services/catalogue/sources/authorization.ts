import { unusableToken } from './problems.ts'
import type { SourceConnection } from './source.ts'

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** The token that is kept for a source; null: none. @throws AppError SourceRefused for one that cannot be sent in a header. */
export async function usableToken(connection: SourceConnection): Promise<string | null> {
  const token = (await connection.token())?.trim() ?? ''
  if (token === '') return null
  if (!/^[\x21-\x7e]+$/.test(token)) throw unusableToken(connection)
  return token
}

/** The header with a source's token, for its own origin alone, over https or within this computer; else none. */
export function bearer(
  { base }: Pick<SourceConnection, 'base'>,
  token: string | null,
  url: URL,
): { authorization?: string } {
  const mayHaveIt = url.origin === new URL(base).origin && (url.protocol === 'https:' || LOOPBACK.test(url.hostname))
  return token !== null && mayHaveIt ? { authorization: `Bearer ${token}` } : {}
}

/** `bearer` with the token that is kept now. @throws AppError SourceRefused for one that cannot be sent in a header. */
export async function authorization(connection: SourceConnection, url: URL): Promise<Record<string, string>> {
  if (url.origin !== new URL(connection.base).origin) return {}
  return { ...bearer(connection, await usableToken(connection), url) }
}
