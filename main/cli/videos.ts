import { open, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { AppError } from '#contract'
import type { Source } from '../headless.ts'
import { sniff, SNIFF_BYTES } from '../lib/picture/sniff.ts'
import { sampleFrames } from '../lib/video/index.ts'
import { extractFrames, probeVideo } from './ffmpeg.ts'

/** A video as the engine takes it. */
export interface Frames {
  readonly frames: Source[]
  /** Frames per second of these frames; unset: not known. */
  readonly fps?: number
}

const PICTURE = /\.(png|jpe?g|webp|gif|avif|tiff?)$/i
const byName = new Intl.Collator('en', { numeric: true })

/** Turns folders and video files into frames; those of files lie in a temporary folder until `close`. */
export class Videos {
  private readonly signal: AbortSignal
  private folder: string | null = null
  private count = 0

  /** `signal` ends the reading of a file. */
  constructor(signal: AbortSignal) {
    this.signal = signal
  }

  /**
   * The frames of `file`: the pictures of a folder by name, or those that the reference chooses from a video file. `fps`: of
   * a folder's pictures, or how many per second of a file are wanted.
   * @throws AppError MediaNotFound, InvalidInput, UnsupportedMedia, DamagedMedia, NotYetSupported, Interrupted.
   */
  async read(file: string, fps: number | undefined): Promise<Frames> {
    const facts = await stat(file).catch(() => null)
    if (!facts) throw new AppError('MediaNotFound', `${path.basename(file)} was not found. Check the path of the video.`)
    const known = fps === undefined ? {} : { fps }
    return facts.isDirectory() ? { frames: await picturesOf(file), ...known } : this.extract(file, known)
  }

  /** Removes what was extracted. */
  async close(): Promise<void> {
    if (this.folder) await rm(this.folder, { recursive: true, force: true })
    this.folder = null
  }

  private async extract(file: string, rule: { fps?: number }): Promise<Frames> {
    await checkKind(file)
    const { frames, fps } = await probeVideo(file, this.signal)
    const sampled = sampleFrames(frames, fps, rule)
    this.folder ??= await mkdtemp(path.join(tmpdir(), 'sightline-frames-'))
    const own = await mkdtemp(path.join(this.folder, `${this.count++}-`))
    return { frames: (await extractFrames(file, sampled.indices, own, this.signal)).map((frame) => ({ path: frame })), fps: sampled.fps }
  }
}

async function picturesOf(folder: string): Promise<Source[]> {
  const names = (await readdir(folder)).filter((name) => PICTURE.test(name) && !name.startsWith('.'))
  if (names.length === 0) throw new AppError('InvalidInput', `${path.basename(folder)} holds no pictures. Choose the folder with the frames of the video.`)
  return names.sort((a, b) => byName.compare(a, b)).map((name) => ({ path: path.join(folder, name) }))
}

/** Only what may be a video goes to ffmpeg, which would follow a playlist to other files. */
async function checkKind(file: string): Promise<void> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0)
    const kind = sniff(buffer.subarray(0, bytesRead))
    if (!['video', 'gif', 'webp', 'unknown'].includes(kind))
      throw new AppError('UnsupportedMedia', `${path.basename(file)} is ${kind === 'empty' ? 'empty' : 'no video'}. Choose a video file, a folder of frames, or name the frames: --video frame1.png,frame2.png.`, { kind })
  } finally {
    await handle.close()
  }
}
