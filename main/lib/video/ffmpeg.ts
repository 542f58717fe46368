import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { promisify } from 'node:util'
import { AppError } from '#contract'
import type { VideoFacts } from '#contract'
import type { RgbPicture } from '../picture/resize.ts'
import type { Size } from '../picture/smartResize.ts'
import { damagedVideo, noDecoder, noTool, readingStopped } from './ffmpegErrors.ts'
import { pictures } from './portablePixmap.ts'
import { selectFrames } from './selectFrames.ts'

/** A video file; `name` is what errors call it. */
export interface VideoFile {
  readonly path: string
  readonly name: string
  /** What its content was found to be, e.g. "matroska": it is read as nothing else. Unset: ffmpeg decides. */
  readonly demuxer?: string
}

/** How frames are decoded. */
export interface DecodeOptions {
  readonly size?: Size
  readonly signal?: AbortSignal | undefined
}

const run = promisify(execFile)
/** Output of ffprobe and errors of ffmpeg, in bytes. */
const MAX_OUTPUT = 1 << 20
/** Frames beyond this are made smaller on the way: no model sees them so large. Pixels. */
export const MAX_SIDE = 2048
/** So many frames may be missing at the end of a video: containers count some that no decoder gives. */
const MISSING_TAIL = 2

/** What ffprobe is asked for. */
const ENTRIES = [
  'stream=codec_name,width,height,sample_aspect_ratio,avg_frame_rate,nb_read_packets,start_time,duration',
  'stream_side_data=rotation',
  'format=duration',
].join(':')

/** What ffmpeg says where it was built without the decoder. */
const NO_DECODER = /(?:no decoder found for: |Decoder \(codec )(\w+)/i

/** Nothing but the file itself, as what it is: a playlist in it may name other files and addresses on the network. */
const input = ({ path, demuxer }: VideoFile): string[] => {
  const format = demuxer ? ['-f', demuxer] : []
  return ['-protocol_whitelist', 'file', ...format, '-i', `file:${path}`]
}

/** What a video file holds. @throws AppError NotYetSupported without ffprobe, DamagedMedia; Interrupted when aborted. */
export async function probeVideo(file: VideoFile, signal?: AbortSignal): Promise<VideoFacts> {
  const asked = ['-v', 'error', '-select_streams', 'V:0', '-count_packets', '-show_entries', ENTRIES, '-of', 'json']
  const options = { signal, maxBuffer: MAX_OUTPUT, windowsHide: true }
  const { stdout } = await run('ffprobe', [...asked, ...input(file)], options).catch((cause: unknown) => {
    throw failure('ffprobe', file, cause, signal)
  })
  const facts = factsOf(JSON.parse(stdout) as Probed)
  if (!facts) throw damagedVideo(file.name)
  return facts
}

type ProbedStream = Record<string, unknown> & { readonly side_data_list?: readonly { readonly rotation?: number }[] }

interface Probed {
  readonly streams?: readonly ProbedStream[]
  readonly format?: { readonly duration?: string }
}

/** null where the output lacks what a video has. */
function factsOf({ streams, format }: Probed): VideoFacts | null {
  const stream = streams?.[0]
  if (!stream) return null
  const fps = ratio(stream.avg_frame_rate, '/')
  const frames = Number(stream.nb_read_packets)
  const aspect = ratio(stream.sample_aspect_ratio, ':') || 1
  const stored = [Math.round(Number(stream.width) * aspect), Number(stream.height)] as const
  const isTurned = stream.side_data_list?.some(({ rotation = 0 }) => Math.abs(rotation) % 180 === 90) ?? false
  const [width, height] = isTurned ? [stored[1], stored[0]] : stored
  const durationMs = 1000 * (Number(stream.duration) || Number(format?.duration) || frames / fps)
  if (![fps, frames, width, height, durationMs].every((value) => Number.isFinite(value) && value > 0)) return null
  const codec = String(stream.codec_name ?? '') || null
  return { width, height, durationMs, frames, fps, codec, startMs: 1000 * (Number(stream.start_time) || 0) }
}

/** E.g. 30000/1001; 0 where it says nothing. */
function ratio(value: unknown, mark: string): number {
  const [above = 0, below = 1] = String(value).split(mark).map(Number)
  return above / below || 0
}

/**
 * The frames of those numbers (rising, from 0), one after the other and in order, as shown; none is in memory for longer.
 * A few that are missing at the end are the last one again. `size`: what they are stretched to; unset: as they are, but no
 * side beyond 2048 pixels. @throws AppError NotYetSupported without ffmpeg,
 * UnsupportedMedia when it cannot decode this, DamagedMedia; Interrupted when aborted.
 */
export async function* decodeFrames(
  file: VideoFile,
  indices: readonly number[],
  { size, signal }: DecodeOptions = {},
): AsyncGenerator<RgbPicture> {
  const select = `select='${selectFrames(indices)}'`
  const shrink = `scale=w='min(iw,${MAX_SIDE})':h='min(ih,${MAX_SIDE})':force_original_aspect_ratio=decrease:flags=bicubic`
  const stretch = size && `scale=w=${size.width}:h=${size.height}:flags=bicubic`
  const filters = ['-map', '0:V:0', '-vf', `${select},${stretch ?? shrink}`]
  const count = ['-fps_mode', 'passthrough', '-frames:v', String(indices.length)]
  const output = ['-pix_fmt', 'rgb24', '-c:v', 'ppm', '-f', 'image2pipe', 'pipe:1']
  const process = spawn('ffmpeg', ['-v', 'error', '-nostdin', ...input(file), ...filters, ...count, ...output], {
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    ...(signal && { signal, killSignal: 'SIGKILL' }),
  })
  const ended = ending(process)
  // whoever stops listening in between leaves its failure to nobody
  ended.catch(() => {})
  let given = 0
  let last: RgbPicture | null = null
  try {
    for await (const picture of pictures(process.stdout)) {
      given++
      last = picture
      yield picture
    }
    await ended
  } catch (cause) {
    throw failure('ffmpeg', file, cause, signal)
  } finally {
    process.kill('SIGKILL')
  }
  if (!last || indices.length - given > MISSING_TAIL) throw damagedVideo(file.name)
  for (; given < indices.length; given++) yield last
}

/** Settles with the process; rejects with what it said when it failed. */
async function ending(process: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let said = ''
  process.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(0, MAX_OUTPUT)))
  process.once('error', reject)
  process.once('close', (code) => (code === 0 ? resolve() : reject(new Error(said || `ffmpeg ended with ${code}`))))
  return promise
}

function failure(tool: 'ffmpeg' | 'ffprobe', { name }: VideoFile, cause: unknown, signal: AbortSignal | undefined): AppError {
  if (cause instanceof AppError) return cause
  if (signal?.aborted) return readingStopped(name)
  if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return noTool(tool, name)
  const [, codec] = NO_DECODER.exec((cause as Error).message) ?? []
  return codec === undefined ? damagedVideo(name, cause) : noDecoder(codec, name)
}
