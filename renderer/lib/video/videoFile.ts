import { BlobSource, EncodedPacketSink, Input, MATROSKA, MP4, QTFF, UrlSource, VideoSampleSink, WEBM } from 'mediabunny'
import type { InputVideoTrack, VideoSample } from 'mediabunny'
import { AppError, codecName } from '#contract'
import { asBt601 } from './colours.ts'
import { frameTimes, momentOf, type Shown } from './frameTimes.ts'
import { checkSampleTables } from './sampleTables.ts'
import type { VideoReading } from './types.ts'

/** Bytes of the file that are kept at hand while it is read. */
const CACHE_BYTES = 8 << 20

/** A file of at most so many frames is decoded as a whole for its overview. */
const SHORT_FRAMES = 1500

/** An open video file. */
export interface VideoFile {
  readonly reading: VideoReading
  /**
   * The frames at these places in the file, in rising order, decoded in one pass wherever they lie close. Each has to be
   * closed by who takes it.
   *
   * @param signal Ends it in the midst of decoding; then fewer come.
   * @throws {AppError} `DamagedMedia` when one of them cannot be decoded.
   */
  frames(indices: readonly number[], signal: AbortSignal): AsyncGenerator<VideoSample>
  /** At most `count` places, about evenly spread, whose frames are decoded at little cost. */
  overview(count: number): Promise<number[]>
}

/**
 * Opens an MP4, MOV, WebM or MKV file, or one that is stored at an address, and reads when its frames are shown.
 *
 * @throws {AppError} `UnsupportedMedia` for another kind of file or one without a video, `DamagedMedia` when it cannot be read.
 */
export async function openVideoFile(from: Blob | string): Promise<VideoFile> {
  if (typeof from !== 'string') await checkSampleTables(from)
  const source = typeof from === 'string' ? new UrlSource(from, { maxCacheSize: CACHE_BYTES }) : new BlobSource(from, { maxCacheSize: CACHE_BYTES })
  const input = new Input({ formats: [MP4, QTFF, MATROSKA, WEBM], source })
  if (!(await input.canRead().catch(() => false))) throw new AppError('UnsupportedMedia', 'This is not a video that Sightline reads. It reads MP4, MOV, WebM and MKV files.')
  return safely(async () => {
    const track = await input.getPrimaryVideoTrack()
    if (!track) throw new AppError('UnsupportedMedia', 'This file has no video in it.')
    const reading = await read(track)
    const isUntagged = !(await track.getColorSpace()).matrix
    return { reading, frames: (indices, signal) => frames(track, reading, indices, isUntagged, signal), overview: (count) => overviewPlaces(track, reading.times, count) }
  })
}

async function read(track: InputVideoTrack): Promise<VideoReading> {
  const shown: Shown[] = []
  for await (const { timestamp, duration } of new EncodedPacketSink(track).packets(undefined, undefined, { metadataOnly: true })) shown.push({ timestamp, duration })
  const { times, timing } = frameTimes(shown)
  if (timing.durationMs <= 0) throw damaged()
  const [codec, internal] = [await track.getCodec(), await track.getInternalCodecId()]
  return {
    facts: { ...timing, width: await track.getDisplayWidth(), height: await track.getDisplayHeight(), codec: codec ?? (typeof internal === 'string' ? internal : null) },
    codecName: codecName(codec, internal),
    isDecodable: await track.canDecode(),
    times,
  }
}

async function* frames(track: InputVideoTrack, { times }: VideoReading, indices: readonly number[], isUntagged: boolean, signal: AbortSignal): AsyncGenerator<VideoSample> {
  const samples = new VideoSampleSink(track).samplesAtTimestamps(indices.map((index) => momentOf(times, index)))
  const stop = (): void => void samples.return()
  signal.addEventListener('abort', stop)
  try {
    for (;;) {
      const next = await safely(() => samples.next(), brokenFrame)
      if (next.done || signal.aborted) return
      if (!next.value) throw brokenFrame()
      const { value } = next
      yield isUntagged ? await safely(() => asBt601(value), brokenFrame) : value
    }
  } finally {
    signal.removeEventListener('abort', stop)
    await samples.return()
  }
}

/** The places in the file that an overview shows: frames that decode alone, or any where there are too few of those and the file is short. */
async function overviewPlaces(track: InputVideoTrack, times: Float64Array, count: number): Promise<number[]> {
  const packets = new EncodedPacketSink(track)
  const even = Array.from({ length: Math.min(count, times.length) }, (_, i) => Math.floor((i * times.length) / Math.min(count, times.length)))
  const alone = new Set<number>()
  for (const place of even) {
    const packet = await safely(() => packets.getKeyPacket(momentOf(times, place), { metadataOnly: true }))
    if (packet) alone.add(Math.max(0, times.findIndex((time) => time >= packet.timestamp - 1e-4)))
  }
  return alone.size < even.length / 2 && times.length <= SHORT_FRAMES ? even : [...alone]
}

const damaged = (cause?: unknown): AppError => new AppError('DamagedMedia', 'This video is damaged or incomplete: some of it cannot be read. Try another copy of it.', undefined, { cause })

const brokenFrame = (cause?: unknown): AppError => new AppError('DamagedMedia', 'Some of this video is damaged and cannot be read. Trim it to a part that is whole, or try another copy of it.', undefined, { cause })

/** Whatever a reader or a decoder throws means that the file is not what it should be; `say` makes the error of it. */
async function safely<T>(read: () => Promise<T>, say = damaged): Promise<T> {
  try {
    return await read()
  } catch (thrown) {
    throw thrown instanceof AppError ? thrown : say(thrown)
  }
}
