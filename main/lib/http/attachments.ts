import { AppError, MAX_PICTURE_TOKENS, Sha256, TOKEN_SIDES, VideoFacts, say } from '#contract'
import type { FrameKey, RawFrame, Size, StoredFile } from '#contract'
import { parseRange } from './responses.ts'
import type { ByteRange } from './responses.ts'

/** A frame of a set, by its position, or the picture that stands for the video in lists. */
export interface FrameAddress {
  readonly key: FrameKey
  readonly n: number | 'poster'
}

/** Reads `frames/<key>/<n>` and `frames/<key>/poster` of an attachments' address; null for any other. */
export function frameAddress(path: string): FrameAddress | null {
  const [, key, n] = /^frames\/([0-9a-f]{64})\/(0|[1-9]\d{0,3}|poster)$/.exec(path) ?? []
  return key === undefined ? null : { key, n: n === 'poster' ? n : Number(n) }
}

/** Reads the UUID of `imports/<UUID>` of an attachments' address; null for any other. */
export function importAddress(path: string): string | null {
  return /^imports\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/.exec(path)?.[1] ?? null
}

/** Reads the size and format of a frame from its query. Throws InvalidInput. */
export function frameLayout(query: URLSearchParams): RawFrame {
  const side = (name: string) => Number(/^[1-9]\d{0,4}$/.exec(query.get(name) ?? '')?.[0] ?? 0)
  const [width, height] = [side('width'), side('height')]
  const format = query.get('format')
  if (width === 0 || height === 0 || (format !== 'rgb' && format !== 'rgba'))
    throw new AppError('InvalidInput', say`A frame needs its width and height in pixels, and its format: rgb or rgba.`)
  return { width, height, format }
}

/** Reads what a video is from the query of its upload; undefined when that is not told. Throws InvalidInput. */
export function factsOf(query: URLSearchParams): VideoFacts | undefined {
  const told = query.get('facts')
  if (told === null) return undefined
  try {
    return VideoFacts.parse(JSON.parse(told))
  } catch (cause) {
    const message = 'What the window says of the video makes no sense. Add the video again, or convert it to MP4.'
    throw new AppError('InvalidInput', message, undefined, { cause })
  }
}

/** A stored file; `bytes` is the size of the whole file. */
export interface ServedFile {
  readonly mime: string
  readonly bytes: number
  readonly path: string
}

/** The size of `WIDTHxHEIGHT` in pixels; undefined where none is asked for. Throws InvalidInput for one in which no model gets a picture. */
export function inputSize(query: URLSearchParams): Size | undefined {
  const asked = query.get('input')
  if (asked === null) return undefined
  const [, width = 0, height = 0] = (/^([1-9]\d{0,5})x([1-9]\d{0,5})$/.exec(asked) ?? []).map(Number)
  const isInput = (side: number) =>
    width % side === 0 && height % side === 0 && width * height <= MAX_PICTURE_TOKENS * side ** 2
  if (width > 0 && TOKEN_SIDES.some(isInput)) return { width, height }
  throw new AppError('InvalidInput', say`No model gets a picture in this size: its sides are whole tokens.`)
}

/**
 * What is wanted of a stored file: a picture of at most 512 x 512 pixels, a small one of a page of a PDF, or the picture as a
 * model gets it in a size.
 */
export type FileView = 'thumb' | { readonly page: number } | { readonly input: Size }

/** Where files are looked up that a window asks for. Both throw NotFound for what is not stored. */
export interface FileStores {
  readonly attachments: { open(sha: Sha256, view?: FileView): Promise<ServedFile> }
  readonly frames: { open(key: FrameKey, n: number, input?: Size): Promise<ServedFile> }
}

/** What is asked for below the address of attachments. */
export interface FileRequest {
  readonly method: string | undefined
  /** What follows that address, without its query. */
  readonly path: string
  readonly query: URLSearchParams
  /** A header of the request by its name in lower case. */
  readonly header: (name: string) => string | null | undefined
}

/** An answer, whatever carries it. `body`: the file, or the part of it, whose bytes follow; null: none do. */
export interface FileAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: { readonly path: string; readonly range: ByteRange | undefined } | null
}

/**
 * Answers `GET` and `HEAD` of `<sha>[?size=thumb]` with the file or the asked range of it, of `<sha>?page=N` with a small
 * picture of a page of a PDF, and of `frames/<key>/<n>` with a frame of a video; with `?input=WIDTHxHEIGHT` a picture or a
 * frame comes as a model gets it. Other methods get 405. Throws what the stores throw, and NotFound for any other address.
 */
export async function answerFile(request: FileRequest, { attachments, frames }: FileStores): Promise<FileAnswer> {
  const { method, path, query, header } = request
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, headers: { Allow: 'GET, HEAD' }, body: null }
  const answer = (
    status: number,
    headers: Record<string, string>,
    file: ServedFile,
    range?: ByteRange,
  ): FileAnswer => ({
    status,
    headers: {
      ...headers,
      'Content-Type': file.mime,
      'Content-Length': String(range ? range.end - range.start + 1 : file.bytes),
    },
    body: method === 'HEAD' ? null : { path: file.path, range },
  })
  const frame = frameAddress(path)
  if (frame && frame.n !== 'poster')
    return answer(
      200,
      { 'Cache-Control': 'private, no-cache' },
      await frames.open(frame.key, frame.n, inputSize(query)),
    )
  const sha = Sha256.safeParse(path)
  if (!sha.success) throw new AppError('NotFound', say`There is nothing at this address.`)
  const page = /^[1-9]\d{0,6}$/.exec(query.get('page') ?? '')?.[0]
  const input = inputSize(query)
  const view = page ? { page: Number(page) } : input ? { input } : query.get('size') === 'thumb' ? 'thumb' : undefined
  const file = await attachments.open(sha.data, view)
  const end = page ? `-page-${page}` : input ? `-input-${input.width}x${input.height}` : view ? '-thumb' : ''
  const tag = `"${sha.data}${end}"`
  const headers = { 'Accept-Ranges': 'bytes', ETag: tag, 'Cache-Control': 'private, max-age=31536000, immutable' }
  if (header('if-none-match') === tag) return { status: 304, headers, body: null }
  const ifRange = header('if-range') ?? tag
  const range = ifRange === tag ? parseRange(header('range'), file.bytes) : null
  if (range === 'unsatisfiable')
    return { status: 416, headers: { ...headers, 'Content-Range': `bytes */${file.bytes}` }, body: null }
  if (!range) return answer(200, headers, file)
  return answer(206, { ...headers, 'Content-Range': `bytes ${range.start}-${range.end}/${file.bytes}` }, file, range)
}

/** A chunk is good until the next one is asked for. */
type Body = AsyncIterable<Uint8Array>

/** Where posted bytes end, and the addresses below which a window posts them. */
export interface PostTargets {
  readonly attachments: {
    readonly address: string
    store(name: string, body: Body, signal?: AbortSignal, facts?: VideoFacts): Promise<StoredFile>
  }
  readonly frames: {
    store(key: FrameKey, n: number, layout: RawFrame, body: Body, signal?: AbortSignal): Promise<void>
    storePoster(key: FrameKey, layout: RawFrame, body: Body, signal?: AbortSignal): Promise<void>
  }
  /** null where the shell captures no screens. */
  readonly captures: { readonly address: string; store(path: string, body: Body): Promise<void> } | null
  /** Files that are to be imported, by a UUID of the window's. */
  readonly imports: { store(upload: string, body: Body, signal?: AbortSignal): Promise<void> }
}

/** What an upload was stored as; nothing for frames and captures. */
export type PostedFile = StoredFile | undefined

/**
 * Stores bytes that a window posted, over whatever carried them: `<attachments>?name=...[&facts=...]` is a file,
 * `<attachments>frames/<key>/<n>?width=...` a frame or a poster of a video, `<captures><capture>/chosen` a part of a
 * captured screen, `<attachments>imports/<UUID>` a file to be imported. Throws what the stores throw, and NotFound for any other address.
 */
export async function receivePosted(
  { attachments, frames, captures, imports }: PostTargets,
  address: string,
  body: Body,
  signal?: AbortSignal,
): Promise<PostedFile> {
  if (captures && address.startsWith(captures.address)) {
    return void (await captures.store(decodeURIComponent(address.slice(captures.address.length)), body))
  }
  const { path, query } = below(attachments.address, address)
  if (path === '') return attachments.store(query.get('name') || 'Picture', body, signal, factsOf(query))
  const upload = path === null ? null : importAddress(path)
  if (upload !== null) return void (await imports.store(upload, body, signal))
  const frame = path === null ? null : frameAddress(path)
  if (!frame) throw new AppError('NotFound', say`There is nothing at this address.`)
  const { key, n } = frame
  if (n === 'poster') await frames.storePoster(key, frameLayout(query), body, signal)
  else await frames.store(key, n, frameLayout(query), body, signal)
}

/** Path and query of an address below `base`; null: it is not below it. */
function below(base: string, address: string): { path: string | null; query: URLSearchParams } {
  const [path = '', query = ''] = address.startsWith(base) ? address.slice(base.length).split(/\?(.*)/s) : []
  return { path: address.startsWith(base) ? path : null, query: new URLSearchParams(query) }
}
