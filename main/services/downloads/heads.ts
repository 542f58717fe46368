import { AppError, say } from '#contract'
import { Transient, unreachable } from './failures.ts'
import { checkResponse, strongEtag } from './http/checkResponse.ts'
import type { Identity } from './http/checkResponse.ts'
import { readBody } from './http/fileRequests.ts'
import type { FileRequests } from './http/fileRequests.ts'
import type { Clock, Heads, OpenHead, RemoteHead, TransferSettings } from './types.ts'

const KiB = 1024
/** Up to where a file is read, step by step: most projectors end their header within the first, language models within the fifth. */
const STEPS = [64 * KiB, 256 * KiB, 1024 * KiB, 4096 * KiB, 8192 * KiB, 16_384 * KiB]
const MOST = STEPS.at(-1)!
/** Bytes of heads that are kept in memory; the ones that were not used for longest go first. */
const MOST_KEPT = 64 * 1024 * KiB

/** While somebody looks on: tries, and how long a source may ask to be left alone, in ms. */
const TRIES_AT_ONCE = 3
const LONGEST_WAIT_AT_ONCE = 5000

interface HeadsTools {
  readonly requests: FileRequests
  readonly settings: TransferSettings
  readonly clock: Clock
  /** Headers for the address of a file. */
  readonly headers: (url: URL) => Promise<Record<string, string>>
}

type File = Parameters<OpenHead>[0]
type Options = Parameters<OpenHead>[1]

/** The first bytes of a file, as far as anyone has read it. */
interface Head {
  data: Buffer
  filled: number
  identity: Identity | null
  /** Whether the source sends ranges; null: it was not asked yet. */
  hasRanges: boolean | null
  /** The body of a source that sends only whole files, while it is read. */
  body: AsyncGenerator<Buffer> | null
  /** Reads one after the other. */
  turn: Promise<unknown>
}

/** Makes the memory of first bytes; it asks for nothing by itself. */
export function createHeads({ requests, settings, clock, headers }: HeadsTools): Heads & {
  /** What a download can begin with: the first bytes and the version they are of; null where there is nothing to go on from. */
  taken(url: string): { readonly bytes: Buffer; readonly identity: Identity } | null
  forget(url: string): void
} {
  const heads = new Map<string, Head>()

  const headOf = (url: string): Head => {
    const known: Head = heads.get(url) ?? {
      ...{ data: Buffer.alloc(0), filled: 0, identity: null, hasRanges: null, body: null, turn: Promise.resolve() },
    }
    heads.delete(url)
    heads.set(url, known)
    let kept = [...heads.values()].reduce((sum, { data }) => sum + data.length, 0)
    for (const [other, { data }] of heads) {
      if (kept <= MOST_KEPT || other === url) break
      heads.delete(other)
      kept -= data.length
    }
    return known
  }

  async function* stepOf(file: File, head: Head, upTo: number, signal: AbortSignal): AsyncGenerator<Buffer> {
    const { url, name, bytes } = file
    const range = { start: head.filled, end: upTo - 1 }
    const etag = strongEtag(head.identity)
    const wanted = { Range: `bytes=${range.start}-${range.end}`, ...(etag ? { 'If-Range': etag } : {}) }
    const { stallMs, longestRetryAfterMs } = settings
    const answer = await requests.get(url, {
      headers: wanted,
      ownHeaders: await headers(new URL(url)),
      signal,
      stallMs,
    })
    const held = checkResponse(answer, {
      name,
      bytes,
      range,
      identity: head.identity,
      now: clock.now(),
      longestRetryAfterMs,
    })
    head.hasRanges = held.kind === 'part'
    if (held.kind === 'part') head.identity ??= held.identity
    // a whole file begins again
    else head.filled = 0
    yield* readBody(answer, stallMs, signal)
  }

  /** One more piece of the file. */
  async function advance(file: File, head: Head, signal: AbortSignal): Promise<void> {
    const most = Math.min(MOST, file.bytes)
    const upTo = Math.min(most, STEPS.find((step) => step > head.filled) ?? most)
    head.body ??= stepOf(file, head, upTo, signal)
    const { value, done } = await head.body.next()
    if (done) {
      head.body = null
      if (head.hasRanges ? head.filled < upTo : head.filled < file.bytes) throw new Transient('the connection was lost')
      return
    }
    const piece = value.subarray(0, most - head.filled)
    if (head.filled + piece.length > head.data.length) {
      const size = head.hasRanges ? upTo : (STEPS.find((step) => step >= head.filled + piece.length) ?? most)
      head.data = Buffer.concat(
        [head.data.subarray(0, head.filled)],
        Math.min(most, Math.max(size, head.filled + piece.length)),
      )
    }
    piece.copy(head.data, head.filled)
    head.filled += piece.length
  }

  async function ensure(file: File, head: Head, position: number, { signal, onBytes, onWait }: Options): Promise<void> {
    if (position >= MOST) throw tooLong(file.name)
    const isMissing = () => head.filled <= position && head.filled < file.bytes
    // a range that was begun is read to its end, so that its connection can be used again
    for (let failed = 0; isMissing() || (head.hasRanges && head.body); )
      try {
        const before = head.filled
        await advance(file, head, signal)
        if (head.filled > before) failed = 0
        onBytes?.(head.filled - before)
      } catch (error) {
        await endBody(head)
        if (!(error instanceof Transient)) {
          if (error instanceof AppError && error.code === 'FileChanged') heads.delete(file.url)
          throw error
        }
        failed++
        if (failed >= (onWait ? settings.tries : TRIES_AT_ONCE))
          throw unreachable(new URL(file.url).host, error.message, error)
        const ms = Math.max(
          error.retryAfterMs,
          Math.min(settings.longestWaitMs, settings.firstWaitMs * 2 ** (failed - 1)),
        )
        if (!onWait && error.retryAfterMs > LONGEST_WAIT_AT_ONCE)
          throw unreachable(new URL(file.url).host, error.message, error)
        onWait?.(clock.now() + ms)
        await clock.delay(ms, signal)
        onWait?.(null)
      }
  }

  const open: OpenHead = async (file, options) => {
    const head = headOf(file.url)
    let mine = 0
    const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
      const next = head.turn.then(work, work)
      head.turn = next.catch(() => {})
      return next
    }
    const source: RemoteHead = {
      size: file.bytes,
      read: (target, offset, length, position) =>
        inTurn(async () => {
          const before = head.filled
          await ensure(file, head, position, options)
          mine += Math.max(0, head.filled - before)
          return head.data.copy(target, offset, position, Math.min(head.filled, position + length))
        }),
      close: () => inTurn(() => endBody(head)),
      fetchedBytes: () => mine,
      hasRanges: () => head.hasRanges,
    }
    return source
  }

  return {
    open,
    taken(url) {
      const head = heads.get(url)
      return head?.hasRanges && head.identity && head.filled > 0
        ? { bytes: head.data.subarray(0, head.filled), identity: head.identity }
        : null
    },
    forget: (url) => void heads.delete(url),
  }
}

async function endBody(head: Head): Promise<void> {
  const { body } = head
  head.body = null
  await body?.return(undefined).catch(() => {})
}

const tooLong = (name: string) =>
  new AppError(
    'UnsupportedModel',
    say`The header of ${name} is longer than 16 MB, which is more than that of any model that runs here. Choose another file.`,
  )
