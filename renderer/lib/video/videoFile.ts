import { AppError, codecName, timeLine } from '#contract'
import type { TimeLine } from '#contract'
import { BlobSource, CustomSource, Input, MATROSKA, MP4, MPEG_TS, QTFF, UrlSource, WEBM } from 'mediabunny'
import type { InputVideoTrack, Source } from 'mediabunny'
import { clock } from '../clock.ts'
import { bytesOf } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { decode } from './decode.ts'
import type { Decoded } from './decode.ts'
import { readPackets } from './packets.ts'
import type { Packets } from './packets.ts'
import { checkSampleTables, isCutInIndex } from './sampleTables.ts'
import { findTorn } from './tornMatroska.ts'
import type { Torn } from './tornMatroska.ts'
import type { KnownVideo, VideoReading } from './types.ts'

/** Bytes of the file that are kept at hand while it is read. */
const CACHE_BYTES = 8 << 20

/** A file of at most so many frames is decoded as a whole for its overview. */
const SHORT_FRAMES = 1500

/** An open video file. */
export interface VideoFile {
  readonly known: KnownVideo
  /** Lists its frames. @throws {AppError} `DamagedMedia` when that cannot be done. */
  read(): Promise<VideoReading>
  /**
   * The frames at these places in the file, in rising order, decoded in one pass wherever they lie close. Each has to
   * be closed by who takes it.
   *
   * @param signal Ends it in the midst of decoding; then fewer come.
   * @throws {AppError} `DamagedMedia` when one of them cannot be decoded.
   */
  frames(indices: readonly number[], signal: AbortSignal): AsyncGenerator<Decoded>
  /** At most `count` places, about evenly spread, whose frames are decoded at little cost. */
  overview(count: number): Promise<number[]>
}

/** A file's frames: the line of time, and the place among all packets of each frame that is shown. */
interface Line {
  readonly reading: VideoReading
  readonly packets: Packets
  readonly places: Int32Array
}

/**
 * Opens an MP4, MOV, WebM, MKV or MPEG-TS file, or one that is stored at an address. What is read before its frames are
 * asked for is its head, whatever its size.
 *
 * @throws {AppError} `UnsupportedMedia` for another kind of file or one without a video, `DamagedMedia` when it cannot
 * be read.
 */
export async function openVideoFile(from: Blob | string): Promise<VideoFile> {
  const bytes = await safely(() => bytesOf(from))
  const [editEnd, torn] = await safely(() => Promise.all([checkSampleTables(bytes), findTorn(bytes)]))
  const input = new Input({ formats: [MP4, QTFF, MATROSKA, WEBM, MPEG_TS], source: sourceOf(from, bytes, torn) })
  if (!(await input.canRead().catch(() => false)))
    throw new AppError(
      'UnsupportedMedia',
      'This is not a video that Sightline reads. It reads MP4, MOV, WebM, MKV and MPEG-TS files.',
    )
  return safely(async () => {
    const track = await input.getPrimaryVideoTrack()
    const format = await input.getFormat()
    // of a transport stream the library leaves out tracks whose codec it does not know, e.g. MPEG-2
    if (!track && format === MPEG_TS)
      throw new AppError('UnsupportedMedia', 'This window knows none of the video codecs in this file.')
    if (!track && (await isCutInIndex(bytes)))
      throw new AppError(
        'DamagedMedia',
        'This video is cut off in the midst of its index, so that no program can play it. Copy or download it again.',
      )
    if (!track) {
      const isSound = (await input.getPrimaryAudioTrack()) !== null
      const what = isSound ? 'This is a sound recording without pictures.' : 'This file has no video in it.'
      throw new AppError('UnsupportedMedia', `${what} Choose a file with video, or a picture.`, {
        kind: isSound ? 'audio' : 'empty',
      })
    }
    const edits = format === MP4 || format === QTFF ? { from: 0, ...(editEnd !== null && { until: editEnd }) } : null
    const [codec, internal] = [await track.getCodec(), await track.getInternalCodecId()]
    const known = {
      width: await track.getDisplayWidth(),
      height: await track.getDisplayHeight(),
      codecName: codecName(codec, internal),
      isDecodable: await track.canDecode(),
    }
    let reading: Promise<Line> | null = null
    const line = (): Promise<Line> =>
      (reading ??= safely(() =>
        readLine(track, known, {
          edits,
          isTorn: torn !== null,
          codec: codec ?? (typeof internal === 'string' ? internal : null),
        }),
      ))
    return {
      known,
      read: async () => (await line()).reading,
      async *frames(indices, signal) {
        const { packets, places } = await line()
        const decoded = decode(
          track,
          packets,
          indices.map((index) => places[index] ?? 0),
          signal,
        )
        try {
          for (;;) {
            const next = await safely(() => decoded.next(), brokenFrame)
            if (next.done) return
            yield next.value
          }
        } finally {
          await decoded.return(undefined)
        }
      },
      overview: async (count) => overviewPlaces(await line(), count),
    }
  })
}

/** Where the library reads from: as if the torn end of a recording were not there. */
function sourceOf(from: Blob | string, bytes: Bytes, torn: Torn | null): Source {
  if (!torn)
    return typeof from === 'string'
      ? new UrlSource(from, { maxCacheSize: CACHE_BYTES })
      : new BlobSource(from, { maxCacheSize: CACHE_BYTES })
  const { end, patch } = torn
  return new CustomSource({
    getSize: () => end,
    maxCacheSize: CACHE_BYTES,
    prefetchProfile: typeof from === 'string' ? 'network' : 'fileSystem',
    read: async (first, until) => {
      const read = await bytes.read(first, until)
      for (let i = 0; patch && i < patch.bytes.length; i++) {
        const at = patch.at + i - first
        if (at >= 0 && at < read.length) read[at] = patch.bytes[i] ?? 0
      }
      return read
    },
  })
}

interface About {
  /** From when to when the edit list shows the track, in seconds. */
  readonly edits: { readonly from: number; readonly until?: number } | null
  readonly isTorn: boolean
  readonly codec: string | null
}

async function readLine(
  track: InputVideoTrack,
  { width, height }: KnownVideo,
  { edits, isTorn, codec }: About,
): Promise<Line> {
  const packets = await readPackets(track)
  const ticksPerSecond = await track.getTimeResolution()
  const ticks = Array.from(packets.times, (time) => Math.round(time * ticksPerSecond))
  // nobody can decode what is stored before the first key frame, or is shown before it
  const first = packets.keys[0] ?? ticks.length
  const start = ticks[first] ?? 0
  const [from, until] = [
    edits?.from ?? -Infinity,
    edits?.until === undefined ? Infinity : Math.round(edits.until * ticksPerSecond),
  ]
  const shown = ticks
    .flatMap((tick, place) => (place >= first && tick >= Math.max(start, from) && tick < until ? place : []))
    .sort((a, b) => (ticks[a] ?? 0) - (ticks[b] ?? 0) || a - b)
  const last = shown.at(-1) ?? 0
  const lasts = Math.round((packets.durations[last] ?? 0) * ticksPerSecond)
  const line: TimeLine = timeLine({
    ticksPerSecond,
    times: shown.map((place) => ticks[place] ?? 0),
    end: lasts > 0 ? (ticks[last] ?? 0) + lasts : null,
    until,
  })
  if (line.frames === 0) throw damaged()
  const { times, frames, durationMs, fps, startMs } = line
  const transfer: string = (await track.getColorSpace()).transfer ?? ''
  const notes = [
    ...(isTorn || packets.isCut
      ? [`The file is cut off: what there is of it ends at ${clock(startMs + durationMs)}.`]
      : []),
    ...(transfer === 'pq' || transfer === 'hlg'
      ? ['The video is HDR; it is read as players show it on an ordinary screen (SDR).']
      : []),
  ]
  return {
    reading: {
      facts: { width, height, durationMs, frames, fps, codec, startMs, ...(notes.length > 0 && { notes }) },
      times,
    },
    packets,
    places: Int32Array.from(shown),
  }
}

/**
 * The places in the file that an overview shows: frames that decode alone, or any where there are too few of those and
 * the file is short.
 */
function overviewPlaces({ packets, places }: Line, count: number): number[] {
  const frames = places.length
  const even = Array.from({ length: Math.min(count, frames) }, (_, i) =>
    Math.floor((i * frames) / Math.min(count, frames)),
  )
  const keys = new Set(packets.keys)
  const alone = new Set(
    even
      .map((place) => places.subarray(0, place + 1).findLastIndex((packet) => keys.has(packet)))
      .filter((place) => place >= 0),
  )
  return alone.size < even.length / 2 && frames <= SHORT_FRAMES ? even : [...alone]
}

const damaged = (cause?: unknown): AppError =>
  new AppError(
    'DamagedMedia',
    'This video is damaged or incomplete: some of it cannot be read. Try another copy of it.',
    undefined,
    {
      cause,
    },
  )

const brokenFrame = (cause?: unknown): AppError =>
  new AppError(
    'DamagedMedia',
    'Some of this video is damaged and cannot be read. Trim it to a part that is whole, or try another copy of it.',
    undefined,
    { cause },
  )

/** Whatever a reader or a decoder throws means that the file is not what it should be; `say` makes the error of it. */
async function safely<T>(read: () => Promise<T>, say = damaged): Promise<T> {
  try {
    return await read()
  } catch (thrown) {
    throw thrown instanceof AppError ? thrown : say(thrown)
  }
}
