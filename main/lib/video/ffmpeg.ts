import type { ChildProcess } from 'node:child_process'
import { MAX_FRAME_SIDE } from '#contract'
import type { AppError, Size, VideoFacts } from '#contract'
import { overWhite } from '../picture/resize.ts'
import type { RgbPicture } from '../picture/resize.ts'
import { pictures, runsOf, selectFrames } from './ffmpegFrames.ts'
import type { FrameRun } from './ffmpegFrames.ts'
import { damagedVideo, ending, failure, input, startTool } from './ffmpegProcess.ts'
import type { VideoFile } from './ffmpegProcess.ts'
import { probeTrack } from './ffprobe.ts'
import type { ProbedTrack } from './ffprobe.ts'
import { toSrgb, wideColours } from './hdr.ts'

export type { VideoFile } from './ffmpegProcess.ts'

/** How frames are decoded. */
export interface DecodeOptions {
  /** What they are stretched to; unset: as they are shown, but no side beyond 2048 pixels. */
  readonly size?: Size
  readonly signal?: AbortSignal | undefined
}

/** A decoded frame, as shown. */
export interface DecodedFrame {
  /** Its number in the video. */
  readonly index: number
  readonly picture: RgbPicture
  /** Whether it is the frame before or after it, because it cannot be decoded itself. */
  readonly isOther: boolean
}

/** A video file that was opened with this computer's ffmpeg. */
export interface FfmpegVideo {
  readonly facts: VideoFacts
  /** When each frame is shown, on the file's own clock, in seconds. */
  readonly times: Float64Array
  /**
   * The frames of those numbers (rising), one after the other and in order; none is in memory for longer. What cannot be
   * decoded is the frame before it, as players show it.
   *
   * @throws AppError NotYetSupported without ffmpeg, UnsupportedMedia when it cannot decode this, DamagedMedia when there is
   * nothing to be decoded; Interrupted when aborted.
   */
  frames(indices: readonly number[], options?: DecodeOptions): AsyncGenerator<DecodedFrame>
}

/**
 * Opens a video file.
 *
 * @throws AppError NotYetSupported without ffprobe, UnsupportedMedia for a file without pictures, DamagedMedia; Interrupted
 * when aborted.
 */
export async function openWithFfmpeg(file: VideoFile, signal?: AbortSignal): Promise<FfmpegVideo> {
  const track = await probeTrack(file, signal)
  const { line, shown, codec } = track
  const notes = notesOf(track)
  const facts = {
    ...shown,
    durationMs: line.durationMs,
    frames: line.frames,
    fps: line.fps,
    codec,
    startMs: line.startMs,
    ...(notes.length > 0 && { notes }),
  }
  return { facts, times: line.times, frames: (indices, options) => frames(file, track, indices, options) }
}

/** What a user has to know of how the video is shown. */
function notesOf({ cutOffFrom, line, transfer, primaries }: ProbedTrack): string[] {
  const end = (line.startMs + line.durationMs) / 1000
  const says = cutOffFrom !== null && cutOffFrom > end ? ` It says that it is ${clock(cutOffFrom)} long.` : ''
  return [
    ...(cutOffFrom === null ? [] : [`The file is cut off: what there is of it ends at ${clock(end)}.${says}`]),
    ...(wideColours(transfer, primaries)?.isHdr
      ? ['The video is HDR; it is read as players show it on an ordinary screen (SDR).']
      : []),
  ]
}

/** "0:07", "1:02:03". */
function clock(seconds: number): string {
  const whole = Math.floor(seconds + 0.001)
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const padded = (value: number): string => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${padded(minutes)}:${padded(whole % 60)}` : `${minutes}:${padded(whole % 60)}`
}

async function* frames(
  file: VideoFile,
  track: ProbedTrack,
  indices: readonly number[],
  { size = withinMost(track.shown), signal }: DecodeOptions = {},
): AsyncGenerator<DecodedFrame> {
  const wanted = [...new Set(indices)]
  let given = 0
  let last: RgbPicture | null = null
  const runs = runsOf(track, wanted)
  for (let run = runs.shift(); run; run = runs.shift()) {
    const places = wanted.slice(given).filter((place) => place <= run!.places.at(-1)!)
    let isFirst = true
    try {
      for await (const { place, picture } of decode(file, track, { places, from: run.from }, size, signal)) {
        // an index that leads to the wrong place
        if (run.from !== null && isFirst && place !== places[0]) break
        isFirst = false
        for (; wanted[given]! < place; given++) yield { index: wanted[given]!, picture: last ?? picture, isOther: true }
        last = picture
        yield { index: wanted[given++]!, picture, isOther: false }
      }
    } catch (error) {
      if (!last || (error as AppError).code !== 'DamagedMedia') throw error
    }
    const isMissing = given < wanted.length && wanted[given]! <= places.at(-1)!
    if (isMissing && run.from !== null) runs.splice(0, runs.length, { places: wanted.slice(given), from: null })
  }
  // a decoder that gives its frames other times than the file does
  if (!last && track.ticks) return yield* frames(file, { ...track, ticks: null, keys: [] }, indices, { size, signal })
  if (!last) throw damagedVideo(file.name)
  for (; given < wanted.length; given++) yield { index: wanted[given]!, picture: last, isOther: true }
}

function withinMost({ width, height }: Size): Size {
  const shrink = Math.min(1, MAX_FRAME_SIDE / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * shrink)), height: Math.max(1, Math.round(height * shrink)) }
}

/** Every frame is given once, whatever its time: how ffmpeg 5.1 and later call it, and how earlier ones do. */
const EVERY_FRAME = ['-fps_mode', 'passthrough']
const EVERY_FRAME_OLD = ['-vsync', '0']
const OLD_FFMPEG = /Unrecognized option 'fps_mode'/
let everyFrame = EVERY_FRAME

/** ffmpeg's own decoders of these leave transparency aside; those of libvpx do not, where it was built with them. */
const alphaDecoders: Record<string, string> = { vp8: 'libvpx', vp9: 'libvpx-vp9' }
const UNKNOWN_DECODER = /Unknown decoder '/
let hasAlphaDecoders = true

/** The frames of one run that can be decoded, in order, by one process. */
async function* decode(
  file: VideoFile,
  track: ProbedTrack,
  { places, from }: FrameRun,
  { width, height }: Size,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ place: number; picture: RgbPicture }> {
  const { ticks, ticksPerSecond, transfer, primaries, codec } = track
  const wide = wideColours(transfer, primaries)
  const isTransparent = track.hasAlpha && !wide
  const alphaDecoder = isTransparent && hasAlphaDecoders ? alphaDecoders[codec ?? ''] : undefined
  const decoder = alphaDecoder ? ['-c:v', alphaDecoder] : []
  const select = ticks
    ? selectFrames(
        places.map((place) => ticks[place]!),
        'pts',
      )
    : selectFrames(places)
  const filters = `select='${select}',showinfo,scale=w=${width}:h=${height}:flags=bicubic`
  const seek = from === null ? [] : ['-noaccurate_seek', '-ss', (from / ticksPerSecond).toFixed(6)]
  const output = ['-map', '0:V:0', '-vf', filters, ...everyFrame, '-frames:v', String(places.length)]
  const pixels = isTransparent
    ? ['-pix_fmt', 'rgba', '-c:v', 'pam']
    : ['-pix_fmt', wide ? 'rgb48be' : 'rgb24', '-c:v', 'ppm']
  const format = [...pixels, '-f', 'image2pipe', 'pipe:1']
  const toRgb = (data: Uint8Array): Uint8Array =>
    isTransparent ? overWhite(data, 4) : wide ? toSrgb(data, wide) : data
  const quiet = ['-hide_banner', '-nostats', '-v', 'level+info', '-nostdin', '-copyts']
  let isLess = false
  const process = startTool('ffmpeg', [...quiet, ...seek, ...decoder, ...input(file), ...output, ...format], signal)
  const ticksOfFrames = times(process)
  try {
    let nth = 0
    for await (const { data, ...size } of pictures(process.stdout!)) {
      const tick = await ticksOfFrames.next()
      const place = ticks ? places.find((one) => ticks[one] === tick) : places[nth]
      nth++
      if (place === undefined) continue
      yield { place, picture: { ...size, data: toRgb(data) } }
    }
    await ticksOfFrames.ended
  } catch (cause) {
    const { message } = cause as Error
    if (OLD_FFMPEG.test(message) && everyFrame !== EVERY_FRAME_OLD) everyFrame = EVERY_FRAME_OLD
    else if (UNKNOWN_DECODER.test(message) && alphaDecoder) hasAlphaDecoders = false
    else throw failure('ffmpeg', file.name, cause, signal)
    isLess = true
  } finally {
    process.kill('SIGKILL')
  }
  if (isLess) yield* decode(file, track, { places, from }, { width, height }, signal)
}

const SHOWN = /^\[Parsed_showinfo_\d+ @ [^\]]*\] \[info\] n: *\d+ pts: *(-?\d+|NOPTS)/
const CHATTER = /\[(?:info|warning|verbose)\] /

/** The times in ticks that a process tells of the frames that it gives, in their order. */
function times(process: ChildProcess): { next(): Promise<number>; readonly ended: Promise<unknown> } {
  const queue: number[] = []
  let wake: (() => void) | null = null
  let isOver = false
  const ended = ending(process, (line) => {
    const [, tick] = SHOWN.exec(line) ?? []
    if (tick === undefined) return CHATTER.test(line)
    queue.push(Number(tick))
    wake?.()
    return true
  }).finally(() => {
    isOver = true
    wake?.()
  })
  // whoever stops listening in between leaves its failure to nobody
  ended.catch(() => {})
  return {
    ended,
    async next() {
      while (queue.length === 0 && !isOver) await new Promise<void>((resolve) => (wake = resolve))
      return queue.shift() ?? NaN
    },
  }
}
