import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { AppError, codecName, say } from '#contract'

/** A video file; `name` is what errors call it. */
export interface VideoFile {
  readonly path: string
  readonly name: string
  /** What its content was found to be, e.g. "matroska": it is read as nothing else. Unset: ffmpeg decides. */
  readonly demuxer?: string
}

/** What a tool says of errors at most, in characters. */
const MAX_SAID = 1 << 16

/** Nothing but the file itself, as what it is: a playlist in it may name other files and addresses on the network. */
export const input = ({ path, demuxer }: VideoFile): string[] => {
  const format = demuxer ? ['-f', demuxer] : []
  return ['-protocol_whitelist', 'file', ...format, '-i', `file:${path}`]
}

/** Starts ffmpeg or ffprobe; both its outputs are piped. It is killed when `signal` aborts. */
export function startTool(
  tool: 'ffmpeg' | 'ffprobe',
  args: readonly string[],
  signal: AbortSignal | undefined,
): ChildProcess {
  return spawn(tool, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    ...(signal && { signal, killSignal: 'SIGKILL' }),
  })
}

/** Runs a tool and gives each line of its output. Answers what it said of errors; rejects with that when it failed. */
export async function runTool(
  tool: 'ffmpeg' | 'ffprobe',
  args: readonly string[],
  signal: AbortSignal | undefined,
  onLine: (line: string) => void,
): Promise<string> {
  const process = startTool(tool, args, signal)
  const said = ending(process)
  const lines = createInterface({ input: process.stdout!, crlfDelay: Infinity })
  lines.on('line', onLine)
  const isRead = new Promise<void>((resolve) => lines.once('close', resolve))
  const [text] = await Promise.all([said, isRead])
  return text
}

/** The version of this computer's ffmpeg, e.g. "7.1.1"; rejects when there is none. */
export async function ffmpegVersion(): Promise<string> {
  const lines: string[] = []
  await runTool('ffmpeg', ['-version'], AbortSignal.timeout(5000), (line) => lines.push(line))
  return /^ffmpeg version (\S+)/.exec(lines[0] ?? '')?.[1] ?? 'unknown'
}

/** Settles with the process: what it said on its error output; rejects with that when it failed. `onLine` takes what it may. */
export async function ending(process: ChildProcess, onLine: (line: string) => boolean = () => false): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let said = ''
  const lines = createInterface({ input: process.stderr!, crlfDelay: Infinity })
  lines.on('line', (line) => {
    if (!onLine(line) && said.length < MAX_SAID) said += `${line}\n`
  })
  process.once('error', reject)
  process.once('close', (code) =>
    code === 0 ? resolve(said.trim()) : reject(new Error(said.trim() || `It ended with ${code}`)),
  )
  return promise
}

/** The video reader is not on this computer. */
const noTool = (tool: 'ffmpeg' | 'ffprobe', name: string): AppError =>
  new AppError(
    'NotYetSupported',
    `${name} is a video file, which is read with ffmpeg, and ${tool} was not found. ` +
      'Install ffmpeg (it brings ffprobe) so that it is on the PATH, ' +
      'or give the frames as pictures: --video frame1.png,frame2.png or a folder of them.',
    { missing: tool },
  )

/** The video reader was built without what this video needs. */
export const noDecoder = (codec: string, name: string): AppError =>
  new AppError(
    'UnsupportedMedia',
    `The video codec of ${name}, ${codecName(codec)}, cannot be decoded by the ffmpeg of this computer. ` +
      'Install a complete ffmpeg, or convert the video to H.264 in an MP4 file.',
    { codec },
  )

/** A file whose first bytes are those of no video, and that ffmpeg does not know either. */
export const unknownKind = (name: string, cause: unknown): AppError =>
  new AppError(
    'UnsupportedMedia',
    say`${name} is no video that ffmpeg can read. Choose a video file, or convert it to MP4.`,
    undefined,
    {
      cause,
    },
  )

/** A file that has no picture track, or only a cover. `detail.kind` is "audio" where it has sound. */
export function noVideo(name: string, { hasSound, hasCover }: { hasSound: boolean; hasCover: boolean }): AppError {
  const what = hasSound ? 'is a sound recording; there is no video in it' : 'has no video in it'
  const cover = hasCover
    ? ' Its cover picture can be asked about, saved as a picture.'
    : ' Choose a file with video, or a picture.'
  return new AppError('UnsupportedMedia', say`${name} ${what}.${cover}`, {
    kind: hasSound ? 'audio' : 'empty',
    hasCover,
  })
}

/** An MP4 or MOV file whose recorder did not come to write the index at its end. */
export const noIndex = (name: string): AppError =>
  new AppError(
    'DamagedMedia',
    `${name} was not finished by what recorded it: its index, which is written last, is missing, so that no program can play it. ` +
      'A repair tool such as untrunc may rebuild it from a whole video of the same camera.',
    { missing: 'index' },
  )

export const damagedVideo = (name: string, cause?: unknown): AppError =>
  new AppError(
    'DamagedMedia',
    say`${name} is damaged, or no video that ffmpeg can read. Copy or download it again, or convert it to MP4.`,
    undefined,
    { cause },
  )

const readingStopped = (name: string): AppError => new AppError('Interrupted', say`Reading ${name} was stopped.`)

/** What ffmpeg says where it was built without the decoder. */
const NO_DECODER = /(?:no decoder found for: |Decoder \(codec |Unsupported codec with id \d+ .*codec )(\w+)/i

/** What a tool's failure means for who asked. */
export function failure(
  tool: 'ffmpeg' | 'ffprobe',
  name: string,
  cause: unknown,
  signal: AbortSignal | undefined,
): AppError {
  if (cause instanceof AppError) return cause
  if (signal?.aborted) return readingStopped(name)
  if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return noTool(tool, name)
  const [, codec] = NO_DECODER.exec((cause as Error).message) ?? []
  return codec === undefined ? damagedVideo(name, cause) : noDecoder(codec, name)
}
