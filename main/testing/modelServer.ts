import { createHash } from 'node:crypto'
import { createServer as createHttpServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { redirect, sendFile, sendJson, sha256 } from './modelServerResponses.ts'
import type { Fault, Repository, ServedRepository, State } from './modelServerResponses.ts'

/** A file as a listing tells it. */
interface ListedFile {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

/** Files smaller than this are kept in git and not listed with a SHA-256, as Hugging Face does with small text files. */
const isText = (path: string) => /\.(md|json|txt)$/.test(path)
const oid = (text: string) => createHash('sha1').update(text).digest('hex')

/** `GET /api/models/{repo}` of Hugging Face. */
function huggingFaceModel(
  repository: string,
  revision: string,
  files: readonly ListedFile[],
  isGated: boolean,
): unknown {
  return {
    _id: oid(repository).slice(0, 24),
    id: repository,
    modelId: repository,
    author: repository.split('/')[0],
    sha: revision,
    private: false,
    gated: isGated ? 'manual' : false,
    disabled: false,
    tags: ['gguf'],
    siblings: files.map(({ path }) => ({ rfilename: path })),
  }
}

/** `GET /api/models/{repo}/tree/{rev}?recursive=true` of Hugging Face. */
function huggingFaceTree(files: readonly ListedFile[]): unknown {
  return files.map(({ path, bytes, sha256 }) => {
    const entry = { type: 'file', oid: oid(sha256), size: bytes, path }
    return isText(path) ? entry : { ...entry, lfs: { oid: sha256, size: bytes, pointerSize: 135 } }
  })
}

/** `GET /api/v1/models/{repo}/repo/files?Revision={rev}&Recursive=true` of ModelScope. */
function modelScopeFiles(revision: string, files: readonly ListedFile[]): unknown {
  return {
    Code: 200,
    Success: true,
    Message: 'success',
    RequestId: oid(revision),
    Data: {
      Files: files.map(({ path, bytes, sha256 }) => ({
        Name: path.split('/').at(-1),
        Path: path,
        Type: 'blob',
        Mode: '33188',
        Revision: revision,
        Size: bytes,
        Sha256: sha256,
        IsLFS: !isText(path),
        InCheck: false,
        CommittedDate: 1_735_689_600,
        CommitMessage: 'Upload',
        CommitterName: 'tests',
      })),
      IsVisual: 0,
      LatestCommitter: { Id: revision, ShortId: revision.slice(0, 8), CommittedDate: 1_735_689_600 },
    },
  }
}

export type { ServedFile, ServedRepository } from './modelServerResponses.ts'
export type { Fault } from './modelServerResponses.ts'

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
  remove(repository: string): void
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

export interface ModelServerOptions {
  /** A free one by default. */
  readonly port?: number
  /** For https. PEM. */
  readonly certificate?: { readonly cert: string; readonly key: string }
}

/** Starts a server on the loopback address with these repositories. */
export async function startModelServer(
  repositories: readonly ServedRepository[] = [],
  options: ModelServerOptions = {},
): Promise<ModelServer> {
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
    remove: (repository) => void known.delete(repository),
    fileUrl(repository, path, source = 'huggingface') {
      const { revision } = known.get(repository) as Repository
      return `${address}${source === 'modelscope' ? '/models' : ''}/${repository}/resolve/${revision}/${path.split('/').map(encodeURIComponent).join('/')}`
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
  const wanted = scope
    ? (url.searchParams.get('Revision') ?? 'master')
    : file || tree
      ? found.rest[0]
      : (found.rest[0] ?? 'main')
  if (wanted !== revision && wanted !== 'main' && wanted !== 'master')
    return sendJson(response, 404, { error: 'Revision not found' })
  if (file) return redirect(response, found.repository, file.rest[1] ?? '')
  const files = [...states].map(([path, { file }]) => ({
    path,
    bytes: file.bytes ?? file.content.length,
    sha256: file.sha256 ?? sha256(file.content),
  }))
  if (tree) return sendJson(response, 200, huggingFaceTree(files))
  if (scope) return sendJson(response, 200, modelScopeFiles(revision, files))
  sendJson(
    response,
    200,
    huggingFaceModel(served.nowCalled ?? served.repository, revision, files, served.token !== undefined),
  )
}
