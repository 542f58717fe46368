import { fork } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '../../main/contract/index.ts'
import { inspectFile } from '../../main/engine/gguf/inspectFile.ts'
import { createPdfReader } from '../../main/lib/pdf/index.ts'
import { openPicture, sniff } from '../../main/lib/picture/index.ts'
import type { RgbPicture } from '../../main/lib/picture/index.ts'
import { containerOf, openWithFfmpeg, readHead, sampleFrames } from '../../main/lib/video/index.ts'

/** Red, green and blue, 0 to 255. */
export type Colour = readonly number[]

/** What became of a file when it was opened as the product opens it, to its last pixel or frame. */
export type Look =
  | {
      readonly what: 'picture'
      readonly width: number
      readonly height: number
      readonly mean: Colour
      readonly grid4x4: readonly (readonly Colour[])[]
      readonly notes: readonly string[]
    }
  | {
      readonly what: 'video'
      readonly width: number
      readonly height: number
      readonly frames: number
      readonly sampled: number
      readonly codec: string | null
      readonly notes: readonly string[]
    }
  | {
      readonly what: 'model'
      readonly kind: string
      readonly name: string
      readonly family: string | null
      readonly notes: readonly string[]
    }
  | { readonly what: 'refused'; readonly code: string; readonly message: string }
  | { readonly what: 'crashed'; readonly message: string }

/** Opens a picture, video (with this computer's ffmpeg), PDF, model or anything else. Never throws. */
export async function look(path: string, password?: string): Promise<Look> {
  try {
    const head = await readHead(path)
    if (sniff(head) === 'gguf') return await lookAtModel(path)
    if (sniff(head) === 'pdf') return await lookAtPdf(path, password)
    return containerOf(head) ? await lookAtVideo(path, head) : await lookAtPicture(path)
  } catch (error) {
    if (error instanceof AppError) return { what: 'refused', code: error.code, message: error.message }
    return { what: 'crashed', message: error instanceof Error ? error.message : String(error) }
  }
}

async function lookAtModel(path: string): Promise<Look> {
  const { kind, name, family, problem } = await inspectFile(path)
  return problem === null
    ? { what: 'model', kind, name, family, notes: [] }
    : { what: 'refused', code: 'ModelUnsupported', message: problem }
}

async function lookAtVideo(path: string, head: Uint8Array): Promise<Look> {
  const demuxer = containerOf(head)?.demuxer
  const video = await openWithFfmpeg({ path, name: basename(path), ...(demuxer && { demuxer }) })
  const { width, height, frames, fps, codec, notes = [] } = video.facts
  let sampled = 0
  for await (const { index } of video.frames(sampleFrames(frames, fps, {}).indices)) if (index >= 0) sampled++
  return { what: 'video', width, height, frames, sampled, codec, notes }
}

async function lookAtPicture(path: string): Promise<Look> {
  const picture = await openPicture({ path })
  const pixels = await picture.decode()
  return { what: 'picture', width: picture.width, height: picture.height, ...colours(pixels), notes: picture.notes }
}

/** Pixels that a page is drawn with here. */
const PAGE_PIXELS = 1_000_000

/** The first page of a PDF. */
async function lookAtPdf(path: string, password?: string): Promise<Look> {
  const reader = createPdfReader()
  try {
    const page = await reader.draw(
      { path, name: basename(path), ...(password !== undefined && { password }) },
      1,
      PAGE_PIXELS,
    )
    return { what: 'picture', width: page.width, height: page.height, ...colours(page), notes: page.notes }
  } finally {
    await reader.close()
  }
}

/** The mean colour of a picture, and of each of its 4 x 4 parts. */
function colours({ data, width, height }: RgbPicture): { mean: Colour; grid4x4: Colour[][] } {
  const edge = (side: number, n: number) => Math.round((side * n) / 4)
  const meanOf = (x1: number, x2: number, y1: number, y2: number): Colour => {
    let [red, green, blue] = [0, 0, 0]
    for (let y = y1; y < y2; y++) {
      for (let i = (y * width + x1) * 3; i < (y * width + x2) * 3; i += 3) {
        red += data[i]!
        green += data[i + 1]!
        blue += data[i + 2]!
      }
    }
    return [red, green, blue].map((value) => Math.round((10 * value) / Math.max(1, (x2 - x1) * (y2 - y1))) / 10)
  }
  const parts = [0, 1, 2, 3]
  return {
    mean: meanOf(0, width, 0, height),
    grid4x4: parts.map((row) =>
      parts.map((column) =>
        meanOf(edge(width, column), edge(width, column + 1), edge(height, row), edge(height, row + 1)),
      ),
    ),
  }
}

/** What a process may take for one file: ms, and bytes of memory. */
export interface Limits {
  readonly ms: number
  readonly bytes: number
}

/** A look at a file in a process of its own, and what that took. */
export interface ProcessLook {
  readonly look: Look
  readonly ms: number
  /** The most memory of the process, in bytes. */
  readonly peakBytes: number
  /** Ended because it went beyond a limit. */
  readonly over: 'time' | 'memory' | null
}

const SELF = fileURLToPath(import.meta.url)
/** How often memory is looked at, in ms, where the system tells it. */
const WATCH_MS = 50

/** Opens `path` in another process, which is ended when it takes too long or too much memory. Never rejects. */
export function lookInProcess(path: string, limits: Limits): Promise<ProcessLook> {
  const started = performance.now()
  const child = fork(SELF, [path], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  let found: { look: Look; ms: number; peakBytes: number } | null = null
  let over: ProcessLook['over'] = null
  let peakBytes = 0
  let said = ''
  child.stderr!.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)))
  child.on('message', (message) => (found = message as typeof found))
  const end = (why: ProcessLook['over']) => {
    over = why
    child.kill('SIGKILL')
  }
  const deadline = setTimeout(() => end('time'), limits.ms)
  const watch = setInterval(() => {
    void residentBytes(child.pid).then((bytes) => {
      peakBytes = Math.max(peakBytes, bytes)
      if (bytes > limits.bytes) end('memory')
    })
  }, WATCH_MS)
  return new Promise((resolve) => {
    child.once('close', (code, signal) => {
      clearTimeout(deadline)
      clearInterval(watch)
      const ms = found?.ms ?? performance.now() - started
      const crashed: Look = {
        what: 'crashed',
        message: said.trim().split('\n').at(-1) || `the process ended with ${signal ?? code}`,
      }
      resolve({ look: found?.look ?? crashed, ms, peakBytes: Math.max(peakBytes, found?.peakBytes ?? 0), over })
    })
  })
}

/** Memory of a process now, in bytes; 0 where the system does not tell. */
async function residentBytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024
}

if (process.argv[1] === SELF && process.send) {
  const started = performance.now()
  const seen = await look(process.argv[2]!)
  const message = { look: seen, ms: performance.now() - started, peakBytes: process.resourceUsage().maxRSS * 1024 }
  process.send(message, () => process.disconnect())
}
