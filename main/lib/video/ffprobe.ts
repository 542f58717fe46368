import { timeLine } from '#contract'
import type { Size, TimeLine, TrackTimes } from '#contract'
import { failure, input, noDecoder, noIndex, noVideo, runTool, unknownKind } from './ffmpegProcess.ts'
import type { VideoFile } from './ffmpegProcess.ts'

/** What ffprobe tells of a file's picture track. */
export interface ProbedTrack {
  readonly line: TimeLine
  /**
   * What the frames' times are called in ticks, in the order of `line.times`; null: the file does not give each frame a
   * time of its own, so that a frame is known by its number only.
   */
  readonly ticks: Float64Array | null
  /** Frames that decode alone, as places in `line.times`, rising; only with `ticks`. */
  readonly keys: readonly number[]
  /** Ticks per second. */
  readonly ticksPerSecond: number
  /** As shown: pixels made square, then turned upright. */
  readonly shown: Size
  readonly codec: string | null
  /** ffmpeg's name of how light becomes numbers, e.g. "smpte2084", and of the red, green and blue that they are of. */
  readonly transfer: string | null
  readonly primaries: string | null
  /** Whether pixels may be transparent. */
  readonly hasAlpha: boolean
  /** Where the file says that it goes on though nothing more is there: how long it says it is, in seconds. */
  readonly cutOffFrom: number | null
}

type Fields = ReadonlyMap<string, string>

const ENTRIES = [
  'packet=pts,dts,duration,flags',
  'stream=codec_name,codec_tag_string,width,height,sample_aspect_ratio,avg_frame_rate,r_frame_rate,time_base,duration,color_transfer,color_primaries,pix_fmt',
  'stream_tags=alpha_mode,ALPHA_MODE',
  'stream_side_data=rotation',
  'format=duration,format_name',
].join(':')

/** What ffmpeg's readers say of a file whose end is missing. */
const CUT_OFF = /ended prematurely|partial file|truncat|invalid NAL unit size|Packet corrupt/i
/** A file that goes on for less than this beyond its last frame is not called cut off, in seconds. */
const TOLERATED = 0.5
/** Frames per second of a file that has no times at all. */
const UNTIMED_FPS = 25

/**
 * Reads when the frames of a file's first picture track are shown, without decoding any.
 *
 * @throws AppError NotYetSupported without ffprobe, UnsupportedMedia for a file without pictures, DamagedMedia; Interrupted
 * when aborted.
 */
export async function probeTrack(file: VideoFile, signal?: AbortSignal): Promise<ProbedTrack> {
  const packets: Packets = { pts: [], dts: [], ends: [], flags: [] }
  let [stream, format]: [Fields, Fields] = [new Map(), new Map()]
  const flags = ['-v', 'error', '-select_streams', 'V:0', '-show_entries', ENTRIES, '-of', 'compact']
  const errors = await runTool('ffprobe', [...flags, ...input(file)], signal, (line) => {
    if (line.startsWith('packet|')) addPacket(packets, fieldsOf(line))
    else if (line.startsWith('stream|')) stream = fieldsOf(line)
    else if (line.startsWith('format|')) format = fieldsOf(line)
  }).catch((cause: unknown) => {
    if (/moov atom not found/i.test((cause as Error).message)) throw noIndex(file.name)
    const error = failure('ffprobe', file.name, cause, signal)
    throw error.code === 'DamagedMedia' && !file.demuxer ? unknownKind(file.name, cause) : error
  })
  if (stream.size === 0) throw await withoutVideo(file, signal)
  if (stream.get('codec_name') === 'unknown') throw noDecoder(stream.get('codec_tag_string') ?? 'unknown', file.name)
  const track = trackOf(packets, stream, format)
  if (!track) throw failure('ffprobe', file.name, new Error(errors || 'ffprobe found no frames'), signal)
  const stated = number(stream.get('duration')) ?? number(format.get('duration'))
  const end = (track.line.startMs + track.line.durationMs) / 1000
  return {
    ...track,
    cutOffFrom: CUT_OFF.test(errors) ? (stated !== null && stated > end + TOLERATED ? stated : end) : null,
  }
}

/** One entry for each packet: times in ticks, NaN where the file gives none. */
interface Packets {
  readonly pts: number[]
  readonly dts: number[]
  readonly ends: number[]
  readonly flags: string[]
}

/** The fields of `section|name=value|section:name=value`. */
function fieldsOf(line: string): Fields {
  return new Map(
    line.split('|').flatMap((field) => {
      const [, name, value] = /^(?:[^=]*:)?([^=:]+)=(.*)$/.exec(field) ?? []
      return name === undefined || value === undefined ? [] : [[name, value] as const]
    }),
  )
}

function addPacket({ pts, dts, ends, flags }: Packets, fields: Fields): void {
  pts.push(number(fields.get('pts')) ?? NaN)
  dts.push(number(fields.get('dts')) ?? NaN)
  ends.push((number(fields.get('pts')) ?? NaN) + (number(fields.get('duration')) ?? NaN))
  flags.push(fields.get('flags') ?? '')
}

/** null: "N/A", or nothing. */
function number(text: string | undefined): number | null {
  const value = text === undefined || text === '' ? NaN : Number(text)
  return Number.isFinite(value) ? value : null
}

/** E.g. 30000/1001; null where it says nothing. */
function ratio(text: string | undefined, mark: string): number | null {
  const [above = NaN, below = 1] = (text ?? '').split(mark).map(Number)
  const value = above / below
  return Number.isFinite(value) && value > 0 ? value : null
}

/** null where the output lacks what a video has. */
function trackOf(packets: Packets, stream: Fields, format: Fields): Omit<ProbedTrack, 'cutOffFrom'> | null {
  const ticksPerSecond = 1 / (ratio(stream.get('time_base'), '/') ?? 0)
  const shown = shownSize(stream)
  const statedFps = ratio(stream.get('avg_frame_rate'), '/')
  if (!shown || !Number.isFinite(ticksPerSecond)) return null
  // nothing before the first key frame can be decoded, or shown; what an edit list hides is marked with D
  const firstKey = Math.max(
    0,
    packets.flags.findIndex((flag) => flag.includes('K')),
  )
  const keep = packets.flags.flatMap((flag, n) =>
    n < firstKey || packets.pts[n]! < packets.pts[firstKey]! || flag.includes('D') ? [] : [n],
  )
  if (keep.length === 0) return null
  const isTimed = isOrderly(packets, keep)
  // where the file does not say how long frames last, ffprobe guesses after the first ones
  const times = isTimed
    ? keep.map((n) => packets.pts[n]!)
    : untimed(packets, keep, ticksPerSecond, statedFps ?? ratio(stream.get('r_frame_rate'), '/') ?? UNTIMED_FPS)
  const isEndKnown = isTimed && /mov|matroska/.test(format.get('format_name') ?? '') && Number.isFinite(packets.ends[0])
  const end = isEndKnown ? keep.reduce((most, n) => Math.max(most, packets.ends[n]!), -Infinity) : null
  const track: TrackTimes = { ticksPerSecond, times, end: Number.isFinite(end) ? end : null, statedFps }
  const line = timeLine(track)
  const ticks = isTimed ? line.times.map((time) => Math.round(time * ticksPerSecond)) : null
  const keyTicks = new Set(keep.filter((n) => packets.flags[n]!.includes('K')).map((n) => packets.pts[n]!))
  return {
    line,
    ticks,
    keys: ticks ? [...ticks.keys()].filter((place) => keyTicks.has(ticks[place]!)) : [],
    ticksPerSecond,
    shown,
    codec: stream.get('codec_name') || null,
    transfer: stream.get('color_transfer') ?? null,
    primaries: stream.get('color_primaries') ?? null,
    hasAlpha: hasAlpha(stream),
  }
}

/** Whether each of these packets has a time of its own, and they are stored in an order that a decoder can follow. */
function isOrderly({ pts, dts }: Packets, keep: readonly number[]): boolean {
  if (new Set(keep.map((n) => pts[n])).size < keep.length) return false
  let before = -Infinity
  return keep.every((n) => {
    const isLater = !(dts[n]! < before)
    if (Number.isFinite(dts[n])) before = dts[n]!
    return Number.isFinite(pts[n]) && isLater
  })
}

/** Times of frames that have none of their own: when they are decoded, or evenly by the rate. */
function untimed({ dts }: Packets, keep: readonly number[], ticksPerSecond: number, fps: number): number[] {
  const isRising = keep.every(
    (n, place) => Number.isFinite(dts[n]) && (place === 0 || dts[n]! > dts[keep[place - 1]!]!),
  )
  const start = dts.find((time) => Number.isFinite(time)) ?? 0
  return isRising
    ? keep.map((n) => dts[n]!)
    : keep.map((_, place) => start + Math.round((place * ticksPerSecond) / fps))
}

/**
 * WebM tells it beside the codec, others by how pixels are stored; that of uncompressed video is not meant: its fourth byte
 * is empty in most files.
 */
const hasAlpha = (stream: Fields): boolean =>
  (stream.get('alpha_mode') ?? stream.get('ALPHA_MODE')) === '1' ||
  (stream.get('codec_name') !== 'rawvideo' &&
    /^(?:yuva|gbrap|rgba|bgra|argb|abgr|ya\d)/.test(stream.get('pix_fmt') ?? ''))

/** As players show it: pixels are made square by making the picture wider or higher, never smaller. */
function shownSize(stream: Fields): Size | null {
  const [width, height] = [number(stream.get('width')), number(stream.get('height'))]
  if (!width || !height) return null
  const aspect = ratio(stream.get('sample_aspect_ratio'), ':') ?? 1
  const square = aspect >= 1 ? [Math.round(width * aspect), height] : [width, Math.round(height / aspect)]
  const isTurned = Math.abs(number(stream.get('rotation')) ?? 0) % 180 === 90
  const [across = 0, down = 0] = isTurned ? square.reverse() : square
  return { width: across, height: down }
}

/** Why a file has no video to be shown. */
async function withoutVideo(file: VideoFile, signal: AbortSignal | undefined): Promise<Error> {
  const streams: Fields[] = []
  const flags = ['-v', 'error', '-show_entries', 'stream=codec_type:stream_disposition=attached_pic', '-of', 'compact']
  await runTool(
    'ffprobe',
    [...flags, ...input(file)],
    signal,
    (line) => line.startsWith('stream|') && streams.push(fieldsOf(line)),
  ).catch(() => {})
  const hasSound = streams.some((stream) => stream.get('codec_type') === 'audio')
  return noVideo(file.name, { hasSound, hasCover: streams.some((stream) => stream.get('attached_pic') === '1') })
}
