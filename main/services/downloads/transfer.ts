import type { PartFile } from './disk/partFile.ts'
import { Transient, fileChanged, unreachable } from './failures.ts'
import { checkResponse, strongEtag } from './http/checkResponse.ts'
import { readBody } from './http/fileRequests.ts'
import type { FileRequests } from './http/fileRequests.ts'
import type { Piece, Progress } from './progress.ts'
import type { Clock, TransferSettings } from './types.ts'

/** The remote file. `name` is what errors call it; `ownHeaders` go to the origin of `url` only. */
export interface Source {
  readonly name: string
  readonly url: string
  readonly ownHeaders: () => Promise<Record<string, string>>
}

export interface TransferTools {
  readonly requests: FileRequests
  readonly settings: TransferSettings
  readonly clock: Clock
  /** Everything written so far is to be flushed and recorded. */
  readonly checkpoint: () => Promise<void>
  /** `bytes` more arrived. */
  readonly onBytes: (bytes: number) => void
  /** All connections wait, until `at` (ms since 1970) at the earliest; null: they go on. */
  readonly onWait: (at: number | null) => void
}

/**
 * Fetches what `progress` misses into `part`, several ranges at a time once the first answer showed that the source sends
 * ranges. Lost connections are tried again; a connection gives up after `tries` in a row in which none brought anything.
 * Throws SourceUnreachable then, what `checkResponse` and `get` throw for good, errors of the file system, and the signal's
 * reason. No connection is at work any more when it returns or throws.
 */
export async function transfer(
  source: Source,
  part: PartFile,
  progress: Progress,
  tools: TransferTools,
  signal: AbortSignal,
): Promise<void> {
  const { settings, clock } = tools
  const ending = new AbortController()
  const either = AbortSignal.any([signal, ending.signal])
  const workers: Promise<void>[] = []
  const waits = new Set<{ readonly until: number }>()
  let working = 0
  let failure: { error: unknown } | null = null

  const tell = () =>
    tools.onWait(waits.size > 0 && waits.size === working ? Math.min(...[...waits].map(({ until }) => until)) : null)
  const wait = async (ms: number) => {
    const entry = { until: clock.now() + ms }
    waits.add(entry)
    tell()
    try {
      await clock.delay(ms, either)
    } finally {
      waits.delete(entry)
      tell()
    }
  }
  const work = async () => {
    let failed = 0
    let gained = progress.gained
    for (let piece = progress.take(); piece; piece = progress.take()) {
      try {
        await fetchPiece(source, part, progress, piece, spread, tools, either).finally(() =>
          progress.giveBack(piece as Piece),
        )
        failed = 0
      } catch (error) {
        if (!(error instanceof Transient) || either.aborted) throw error
        failed = progress.gained > gained ? 1 : failed + 1
        gained = progress.gained
        if (failed >= settings.tries) throw unreachable(new URL(source.url).host, error.message, error)
        await wait(Math.max(error.retryAfterMs, backOff(failed, settings, clock.random())))
      }
    }
  }
  const begin = () => {
    working++
    const ended = work().catch((error: unknown) => {
      failure ??= { error }
      ending.abort(error)
    })
    workers.push(
      ended.finally(() => {
        working--
        tell()
      }),
    )
  }
  const spread = () => {
    while (workers.length < settings.connections) begin()
  }

  begin()
  // the first one adds the others
  for (let i = 0; i < workers.length; i++) await workers[i]
  signal.throwIfAborted()
  if (failure) throw (failure as { error: unknown }).error
}

/** Doubles with every failure, up to the longest wait; half of it by chance, so that many clients do not come back at once. */
function backOff(failed: number, { firstWaitMs, longestWaitMs }: TransferSettings, chance: number): number {
  return Math.min(longestWaitMs, firstWaitMs * 2 ** (failed - 1)) * (0.5 + chance / 2)
}

async function fetchPiece(
  source: Source,
  part: PartFile,
  progress: Progress,
  taken: Piece,
  spread: () => void,
  { requests, settings, clock, checkpoint, onBytes }: TransferTools,
  signal: AbortSignal,
): Promise<void> {
  const { stallMs, longestRetryAfterMs } = settings
  const range = progress.isWhole ? null : { start: taken.at, end: taken.end - 1 }
  const etag = strongEtag(progress.identity)
  const headers: Record<string, string> = range ? { Range: `bytes=${range.start}-${range.end}` } : {}
  if (range && etag) headers['If-Range'] = etag
  const answer = await requests.get(source.url, { headers, ownHeaders: await source.ownHeaders(), signal, stallMs })
  const { name } = source
  const { bytes, identity } = progress
  const held = checkResponse(answer, { name, bytes, range, identity, now: clock.now(), longestRetryAfterMs })

  let piece = taken
  let end = taken.end
  if (held.kind === 'part') {
    progress.identity ??= held.identity
    end = held.end + 1
    spread()
  } else piece = progress.becomeWhole()
  if (held.kind === 'whole') end = bytes

  try {
    for await (const chunk of readBody(answer, stallMs, signal)) {
      const room = end - piece.at
      if (chunk.length > room)
        throw held.kind === 'whole'
          ? fileChanged(name, `it has more than ${bytes} bytes`)
          : new Transient('it sent more bytes than it said')
      await part.write(chunk, piece.at)
      progress.advance(piece, chunk.length)
      onBytes(chunk.length)
      await checkpoint()
    }
    if (piece.at < end) throw new Transient('the connection was lost')
  } finally {
    if (piece !== taken) progress.giveBack(piece)
  }
}
