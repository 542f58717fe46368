import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { AppError } from '#contract'

/** Facts of a video's picture track. */
export interface VideoFacts {
  readonly frames: number
  readonly fps: number
  /** In pixels. */
  readonly width: number
  readonly height: number
}

const run = promisify(execFile)
/** Output of ffprobe and errors of ffmpeg, in bytes. */
const MAX_OUTPUT = 16 << 20
/** Frames beyond this are made smaller on the way: no model sees them so large. Pixels. */
const MAX_SIDE = 2048
/** Nothing but the file itself: a playlist in it may name addresses on the network. */
const FILE_ONLY = ['-protocol_whitelist', 'file']

/** What a video file holds. @throws AppError NotYetSupported without ffprobe, DamagedMedia; Interrupted when aborted. */
export async function probeVideo(file: string, signal: AbortSignal): Promise<VideoFacts> {
  const entries = 'stream=width,height,avg_frame_rate,nb_read_packets'
  const output = await tool('ffprobe', file, ['-v', 'error', ...FILE_ONLY, '-select_streams', 'V:0', '-count_packets', '-show_entries', entries, '-of', 'json', `file:${file}`], signal)
  const stream = (JSON.parse(output) as { streams?: Record<string, unknown>[] }).streams?.[0]
  const [fpsOf = 0, per = 1] = String(stream?.avg_frame_rate).split('/').map(Number)
  const facts = { frames: Number(stream?.nb_read_packets), fps: fpsOf / per, width: Number(stream?.width), height: Number(stream?.height) }
  if (!Object.values(facts).every((value) => Number.isFinite(value) && value > 0)) throw damaged(file)
  return facts
}

/**
 * Writes the frames of those numbers (rising, from 0) into `folder` as PNG and returns their paths in order.
 * @throws AppError NotYetSupported without ffmpeg, DamagedMedia; Interrupted when aborted.
 */
export async function extractFrames(file: string, indices: readonly number[], folder: string, signal: AbortSignal): Promise<string[]> {
  const select = `select='${indices.map((index) => `eq(n,${index})`).join('+')}'`
  const shrink = `scale=w='min(iw,${MAX_SIDE})':h='min(ih,${MAX_SIDE})':force_original_aspect_ratio=decrease:flags=bicubic`
  const output = ['-fps_mode', 'passthrough', '-frames:v', String(indices.length), '-compression_level', '1', path.join(folder, '%06d.png')]
  await tool('ffmpeg', file, ['-v', 'error', '-nostdin', ...FILE_ONLY, '-i', `file:${file}`, '-map', '0:V:0', '-vf', `${select},${shrink}`, ...output], signal)
  const written = (await readdir(folder)).sort().map((name) => path.join(folder, name))
  if (written.length === 0) throw damaged(file)
  return written
}

async function tool(name: 'ffmpeg' | 'ffprobe', file: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  try {
    return (await run(name, args, { signal, maxBuffer: MAX_OUTPUT, windowsHide: true })).stdout
  } catch (cause) {
    if (signal.aborted) throw new AppError('Interrupted', `Reading ${path.basename(file)} was stopped.`)
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new AppError(
        'NotYetSupported',
        `${path.basename(file)} is a video file, which is read with ffmpeg, and ${name} was not found. Install ffmpeg (it brings ffprobe) so that it is on the PATH, ` +
          'or give the frames as pictures: --video frame1.png,frame2.png or a folder of them.',
        { missing: name },
      )
    throw damaged(file, cause)
  }
}

const damaged = (file: string, cause?: unknown): AppError =>
  new AppError('DamagedMedia', `${path.basename(file)} is damaged or no video that ffmpeg can read. Copy or download it again, or convert it to MP4.`, undefined, { cause })
