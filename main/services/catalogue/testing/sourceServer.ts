import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Reply = (response: ServerResponse, request: IncomingMessage) => void

/** A file of a made-up repository. */
export interface ServedFile {
  readonly path: string
  readonly bytes: number
  readonly sha256?: string
}

export interface SourceServer {
  /** Base address without a slash at its end. */
  readonly base: string
  /** Every request so far, oldest first. */
  readonly requests: { readonly url: string; readonly headers: IncomingMessage['headers'] }[]
  /** Answers the address `path` (a query is not looked at) with `reply` from now on. */
  on(path: string, reply: Reply): void
  close(): Promise<void>
}

/** A server on loopback that plays a source; what nobody told it about is 404. */
export async function startSourceServer(): Promise<SourceServer> {
  const replies = new Map<string, Reply>()
  const requests: { url: string; headers: IncomingMessage['headers'] }[] = []
  const server = createServer((request, response) => {
    requests.push({ url: request.url ?? '', headers: request.headers })
    const reply = replies.get((request.url ?? '').split('?')[0] ?? '')
    if (reply) reply(response, request)
    else status(404)(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    base,
    requests,
    on: (path, reply) => void replies.set(path, reply),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** An answer with that status, headers and no body. */
export function status(code: number, headers: Record<string, string> = {}): (response: ServerResponse) => void {
  return (response) => void response.writeHead(code, headers).end()
}

/** A JSON answer. */
export function json(value: unknown, headers: Record<string, string> = {}): (response: ServerResponse) => void {
  return (response) =>
    void response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
}

export const headCommit = 'a'.repeat(40)

/** Files as Hugging Face's tree lists them. */
export const treeOf = (files: readonly ServedFile[]) =>
  files.map(({ path, bytes, sha256 }) => ({
    type: 'file',
    oid: 'b'.repeat(40),
    path,
    size: bytes,
    ...(sha256 ? { lfs: { oid: sha256, size: bytes, pointerSize: 135 } } : {}),
  }))

/** Makes `server` show a repository as Hugging Face does, below the path `prefix`. */
export function serveHuggingFace(
  server: SourceServer,
  repository: string,
  files: readonly ServedFile[],
  prefix = '',
): void {
  const model = `${prefix}/api/models/${repository}`
  const folder = { type: 'directory', oid: 'c'.repeat(40), path: 'folder-Q5_0.gguf', size: 5_000_000_000 }
  server.on(`${model}/revision/main`, json({ id: repository, sha: headCommit, private: false }))
  server.on(`${model}/tree/${headCommit}`, json([folder, ...treeOf(files)]))
}

/** Makes `server` show a repository as ModelScope does; `commits` names the last commit of a path. */
export function serveModelScope(
  server: SourceServer,
  repository: string,
  files: readonly ServedFile[],
  commits: Record<string, string> = {},
): void {
  const entries = files.map(({ path, bytes, sha256 = '' }) => ({
    Name: path.split('/').at(-1),
    Path: path,
    Type: 'blob',
    Size: bytes,
    Sha256: sha256,
    IsLFS: sha256 !== '',
    Revision: commits[path] ?? headCommit,
  }))
  const folder = {
    Name: 'a-Q5_0.gguf',
    Path: 'a-Q5_0.gguf',
    Type: 'tree',
    Size: 5_000_000_000,
    Sha256: '',
    Revision: headCommit,
  }
  const data = {
    Files: [folder, ...entries],
    IsVisual: 0,
    LatestCommitter: { Id: '', ShortId: headCommit.slice(0, 8) },
  }
  server.on(
    `/api/v1/models/${repository}/repo/files`,
    json({ Code: 200, Success: true, Message: 'success', Data: data }),
  )
}
