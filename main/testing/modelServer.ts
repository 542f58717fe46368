import { createHash } from 'node:crypto'
import { createServer as createHttpServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { parseRange } from '../lib/http/byteRange.ts'
import { sendFaulty } from './modelServer/faults.ts'
import type { Fault } from './modelServer/faults.ts'
import { huggingFaceModel, huggingFaceTree, modelScopeFiles } from './modelServer/listings.ts'

export type { Fault } from './modelServer/faults.ts'

/** How a file is served. */
export interface ServedFile {
  readonly content: Uint8Array
  /** What listings say its digest is; as it is by default. */
  readonly sha256?: string
  /** Whether ranges are answered; true by default. */
  readonly ranges?: boolean
  /** Kind of its ETag; strong by default. */
  readonly etag?: 'strong' | 'weak' | 'none'
  /** Whether Last-Modified is sent; true by default. */
  readonly lastModified?: boolean
}

export interface ServedRepository {
  /** "owner/name" */
  readonly repository: string
  readonly revision?: string
  readonly files: Readonly<Record<string, ServedFile | Uint8Array>>
  /** Bearer token without which listings and files are refused with 401. */
  readonly token?: string
  /** Address of another server that files are redirected to; this one by default. */
  readonly cdn?: string
}

/** A request that arrived. */
export interface SeenRequest {
  readonly method: string
  /** With its query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

/** Plays Hugging Face and ModelScope on one loopback port: listings, pinned files that redirect to a CDN, faults by script. */
export interface ModelServer {
  /** Without a slash at its end, e.g. "http://127.0.0.1:40000". */
  readonly address: string
  readonly requests: readonly SeenRequest[]
  /** Adds a repository, or puts another in its place. */
  add(repository: ServedRepository): void
  /** Address of a file at its pinned revision. */
  fileUrl(repository: string, path: string, source?: 'huggingface' | 'modelscope'): string
  /** The next answers for a file, in this order; later ones are without fault. */
  script(repository: string, path: string, faults: readonly Fault[]): void
  /** Scripted faults of a file that have not come yet. */
  left(repository: string, path: string): number
  /** Resolves with the next request whose address contains `part`. */
  nextRequest(part: string): Promise<SeenRequest>
  close(): Promise<void>
}

interface State {
  file: ServedFile
  version: number
  faults: Fault[]
}

interface Repository {
  readonly served: ServedRepository
  readonly revision: string
  readonly states: Map<string, State>
}

const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')

export interface ModelServerOptions {
  /** A free one by default. */
  readonly port?: number
  /** For https. PEM. */
  readonly certificate?: { readonly cert: string; readonly key: string }
}

/** Starts a server on the loopback address with these repositories. */
export async function startModelServer(repositories: readonly ServedRepository[] = [], options: ModelServerOptions = {}): Promise<ModelServer> {
  const { port = 0, certificate } = options
  const known = new Map<string, Repository>()
  const requests: SeenRequest[] = []
  const waiting = new Set<{ part: string; resolve: (request: SeenRequest) => void }>()

  const add = (served: ServedRepository) => {
    const states = Object.entries(served.files).map(([path, file]) => {
      const state: State = { file: file instanceof Uint8Array ? { content: file } : file, version: 1, faults: [] }
      return [path, state] as const
    })
    const revision = served.revision ?? createHash('sha1').update(served.repository).digest('hex')
    known.set(served.repository, { served, revision, states: new Map(states) })
  }
  const state = (repository: string, path: string): State => {
    const found = known.get(repository)?.states.get(path)
    if (!found) throw new Error(`${repository} has no ${path}`)
    return found
  }
  repositories.forEach(add)

  const listen = (request: IncomingMessage, response: ServerResponse) => {
    const seen = { method: request.method ?? '', url: request.url ?? '', headers: request.headers }
    requests.push(seen)
    for (const entry of [...waiting].filter(({ part }) => seen.url.includes(part))) {
      waiting.delete(entry)
      entry.resolve(seen)
    }
    answer(request, response, known)
  }
  const server = certificate ? createHttpsServer(certificate, listen) : createHttpServer(listen)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = `${certificate ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    address,
    requests,
    add,
    fileUrl(repository, path, source = 'huggingface') {
      const { revision } = known.get(repository) as Repository
      return `${address}${source === 'modelscope' ? '/models' : ''}/${repository}/resolve/${revision}/${path}`
    },
    script: (repository, path, faults) => void state(repository, path).faults.push(...faults),
    left: (repository, path) => state(repository, path).faults.length,
    nextRequest: (part) => new Promise((resolve) => waiting.add({ part, resolve })),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answer(request: IncomingMessage, response: ServerResponse, known: ReadonlyMap<string, Repository>): void {
  const url = new URL(request.url ?? '/', 'http://server')
  const path = decodeURIComponent(url.pathname)
  if (path === '/loop') return void response.writeHead(302, { Location: '/loop', 'Content-Length': 0 }).end()
  const match = (pattern: RegExp) => {
    const [, repository = '', ...rest] = pattern.exec(path) ?? []
    const found = known.get(repository)
    return found ? { repository: found, rest } : null
  }
  const name = '([^/]+/[^/]+)'
  const cdn = match(new RegExp(`^/cdn/${name}/(.+)$`))
  if (cdn) return sendFile(request, response, cdn.repository.states.get(cdn.rest[0] ?? ''))

  const file = match(new RegExp(`^(?:/models)?/${name}/resolve/([^/]+)/(.+)$`))
  const tree = match(new RegExp(`^/api/models/${name}/tree/([^/]+)$`))
  const model = match(new RegExp(`^/api/models/${name}(?:/revision/([^/]+))?$`))
  const scope = match(new RegExp(`^/api/v1/models/${name}/repo/files$`))
  const found = file ?? tree ?? model ?? scope
  if (!found) return sendJson(response, 404, { error: 'Repository not found' })
  const { served, revision, states } = found.repository
  if (served.token !== undefined && request.headers.authorization !== `Bearer ${served.token}`) {
    response.setHeader('X-Error-Code', 'GatedRepo')
    return sendJson(response, 401, { error: 'Access to this model is restricted.' })
  }
  const asked = scope ? (url.searchParams.get('Revision') ?? 'master') : file || tree ? found.rest[0] : (found.rest[0] ?? 'main')
  if (asked !== revision && asked !== 'main' && asked !== 'master') return sendJson(response, 404, { error: 'Revision not found' })
  if (file) return redirect(response, found.repository, file.rest[1] ?? '')
  const files = [...states].map(([path, { file }]) => ({ path, bytes: file.content.length, sha256: file.sha256 ?? sha256(file.content) }))
  if (tree) return sendJson(response, 200, huggingFaceTree(files))
  if (scope) return sendJson(response, 200, modelScopeFiles(revision, files))
  sendJson(response, 200, huggingFaceModel(served.repository, revision, files, served.token !== undefined))
}

function redirect(response: ServerResponse, { served, revision, states }: Repository, path: string): void {
  const state = states.get(path)
  if (!state) return sendJson(response, 404, { error: 'Entry not found' })
  const { content } = state.file
  response.writeHead(302, {
    Location: `${served.cdn ?? ''}/cdn/${served.repository}/${path.split('/').map(encodeURIComponent).join('/')}?signature=${state.version}`,
    'X-Repo-Commit': revision,
    'X-Linked-Etag': `"${state.file.sha256 ?? sha256(content)}"`,
    'X-Linked-Size': content.length,
    'Content-Length': 0,
  })
  response.end()
}

function sendFile(request: IncomingMessage, response: ServerResponse, state: State | undefined): void {
  if (!state) return sendJson(response, 404, { error: 'Entry not found' })
  const fault = state.faults.shift() ?? { kind: 'none' }
  if (fault.kind === 'redirectLoop') {
    response.writeHead(302, { Location: '/loop', 'Content-Length': 0 }).end()
    return
  }
  if (fault.kind === 'status') {
    response.writeHead(fault.status, { 'Content-Length': 0, ...(fault.retryAfter === undefined ? {} : { 'Retry-After': fault.retryAfter }) }).end()
    return
  }
  if (fault.kind === 'change') {
    state.file = { ...state.file, content: fault.content }
    state.version++
  }
  const { content, ranges = true } = state.file
  const body = Buffer.from(content)
  const etag = etagOf(state)
  const ifRange = request.headers['if-range']
  const isAsked = ranges && fault.kind !== 'whole' && (ifRange === undefined || ifRange === etag)
  const range = isAsked ? parseRange(request.headers.range, body.length) : null
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'Content-Range': `bytes */${body.length}`, 'Content-Length': 0 }).end()
    return
  }
  const shift = fault.kind === 'wrongRange' && range ? Math.min(fault.shift, range.end - range.start) : 0
  const part = range ? body.subarray(range.start + shift, range.end + 1) : body
  response.writeHead(range ? 206 : 200, {
    'Content-Type': 'application/octet-stream',
    ...(fault.kind === 'truncate' ? {} : { 'Content-Length': part.length }),
    ...(ranges ? { 'Accept-Ranges': 'bytes' } : {}),
    ...(range ? { 'Content-Range': `bytes ${range.start + shift}-${range.end}/${body.length}` } : {}),
    ...(etag === null ? {} : { ETag: etag }),
    ...(state.file.lastModified === false ? {} : { 'Last-Modified': new Date(state.version * 86_400_000).toUTCString() }),
  })
  response.flushHeaders()
  if (request.method === 'HEAD') response.end()
  else sendFaulty(response, part, fault)
}

function etagOf({ file, version }: State): string | null {
  if (file.etag === 'none') return null
  return `${file.etag === 'weak' ? 'W/' : ''}"version-${version}"`
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value)
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }).end(body)
}
