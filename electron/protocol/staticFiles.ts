import { realpath, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { contentTypes } from '../../main/lib/http/contentTypes.ts'
import { fileBody } from './files.ts'
import { pageHeaders } from './headers.ts'

/** An answer without a body worth reading, e.g. 404. */
export const refuse = (status: number): Response => new Response(null, { status, headers: pageHeaders })

/**
 * Answers a request for one of the built page's files under `folder`. A path that leaves the folder, also through a
 * link or an encoded separator, is 404 like one that does not exist.
 */
export async function serveStaticFile(request: Request, folder: string): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405)
  const path = await containedFile(folder, new URL(request.url).pathname)
  const type = path && contentTypes[extname(path)]
  if (!path || !type) return refuse(404)
  const { size } = await stat(path)
  const headers = { ...pageHeaders, 'Content-Type': type, 'Content-Length': String(size) }
  const body = request.method === 'HEAD' ? null : fileBody(path)
  return new Response(body, { headers })
}

async function containedFile(folder: string, pathname: string): Promise<string | null> {
  try {
    const decoded = decodeURIComponent(pathname)
    if (decoded.includes('\0') || decoded.includes('\\')) return null
    const root = await realpath(folder)
    const path = await realpath(join(root, decoded === '/' ? 'index.html' : decoded))
    return path.startsWith(root + sep) && (await stat(path)).isFile() ? path : null
  } catch {
    return null
  }
}
