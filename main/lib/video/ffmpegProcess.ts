import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

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
