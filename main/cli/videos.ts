import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { AppError } from '#contract'
import type { PictureBudget, VideoFacts, VideoRange } from '#contract'
import type { SizeOptions, Source } from '../headless.ts'
import { temporaryFolder } from '../lib/files/files.ts'
import { isPictureKind, openPicture, sniff, writePng } from '../lib/picture/index.ts'
import type { FileKind } from '../lib/picture/index.ts'
import {
  containerOf,
  framesWithin,
  openMoving,
  openWithFfmpeg,
  proposeSample,
  readHead,
  samplerOf,
  sampleVideo,
} from '../lib/video/index.ts'
import { visionOf } from '../lib/families/families.ts'
import type { VideoFile, VideoVision } from '../lib/video/index.ts'

/** A video as the engine takes it. */
export interface Frames {
  readonly frames: Source[]
  /** Frames per second of these frames; unset: not known. */
  readonly fps?: number
  /** When each is shown in the video, in seconds; unset: evenly, `fps` in a second. */
  readonly seconds?: readonly number[]
  /** How large the model sees them, where that was lowered to fit. */
  readonly minPixels?: number
  readonly maxPixels?: number
}

/** What videos have to fit into. */
export interface VideoRoom {
  /** Tokens for each video. */
  readonly tokens: number
  /** The budget of pictures. */
  readonly usual: PictureBudget
}

const PICTURE = /\.(png|jpe?g|webp|gif|avif|hei[cf]|tiff?|bmp|ico)$/i
const byName = new Intl.Collator('en', { numeric: true })

/** Turns folders and video files into frames; those of files lie in a temporary folder until `close`. */
export class Videos {
  private readonly signal: AbortSignal
  private readonly tell: (note: string) => void
  private folder: string | null = null
  private count = 0
  /** Set: fewer and smaller frames are read where more would not fit, which is told. */
  room: VideoRoom | null = null
  /** How the model sees that the frames are for. */
  vision: VideoVision = visionOf('qwen2vl')

  /** `signal` ends the reading of a file; `tell` takes what a user has to know of how one was read. */
  constructor(signal: AbortSignal, tell: (note: string) => void = (note) => void process.stderr.write(`${note}\n`)) {
    this.signal = signal
    this.tell = tell
  }

  /**
   * The frames of `file`: the pictures of a folder by name, or those that the reference chooses from a video file. `fps`: of
   * a folder's pictures, or how many per second of a file are wanted. `range`: the part of a file. `sizes`: how large frames are asked for, which only counts where they have to fit.
   * @throws AppError MediaNotFound, InvalidInput, UnsupportedMedia, DamagedMedia, NotYetSupported, Interrupted.
   */
  async read(
    file: string,
    fps: number | undefined,
    range: VideoRange | null = null,
    sizes: SizeOptions = {},
  ): Promise<Frames> {
    const facts = await stat(file).catch(() => null)
    if (!facts) throw new AppError('MediaNotFound', `${basename(file)} was not found. Check the path of the video.`)
    const known = fps === undefined ? {} : { fps }
    if (!facts.isDirectory() && !facts.isFile())
      throw new AppError('UnsupportedMedia', `${basename(file)} is a device, not a file. Choose a video file.`)
    return facts.isDirectory() ? { frames: await picturesOf(file), ...known } : this.extract(file, known, range, sizes)
  }

  /** Removes what was extracted. */
  async close(): Promise<void> {
    if (this.folder) await rm(this.folder, { recursive: true, force: true })
    this.folder = null
  }

  private async extract(
    path: string,
    wished: { fps?: number },
    range: VideoRange | null,
    sizes: SizeOptions,
  ): Promise<Frames> {
    const { isMoving, open, ...file } = await checkKind(path)
    const video = await open(file, this.signal).catch((error: unknown) => {
      throw withCoverHint(error, path)
    })
    const { frames, fps, notes = [] } = video.facts
    const { budget, ...rule } = this.fitted(video.facts, { ...wished, range, sizes, name: file.name })
    const { first, total } = framesWithin(frames, fps, range)
    const sampled = samplerOf(this.vision)(total, fps, rule, first)
    this.folder ??= await temporaryFolder('frames')
    const own = await mkdtemp(join(this.folder, `${this.count++}-`))
    const sources: { path: string }[] = []
    let others = 0
    for await (const { picture, isOther } of video.frames(sampled.indices, { signal: this.signal })) {
      const target = join(own, `${sources.length}.png`)
      await writePng(picture, target)
      sources.push({ path: target })
      if (isOther) others++
    }
    const lacking =
      others === 0
        ? []
        : [`${others} of ${sources.length} frames cannot be decoded: the ones beside them are shown instead.`]
    for (const note of [...notes, ...lacking]) this.tell(`${file.name}: ${note}`)
    const start = video.times[0] ?? 0
    // the pictures of an animation are shown for as long as each says
    const seconds = sampled.indices.map((index) => (isMoving ? (video.times[index] ?? 0) - start : index / fps))
    return { frames: sources, fps: sampled.fps, seconds, ...budget }
  }

  /** The frames per second and the size that are wished, or what fits instead, as the window proposes it. */
  private fitted(facts: VideoFacts, { fps, range, sizes, name }: FitWish): { fps?: number; budget?: PictureBudget } {
    const wished = fps === undefined ? {} : { fps }
    if (!this.room || sizes.resizedWidth !== undefined) return wished
    const { tokens: room, usual } = this.room
    const { minPixels = usual.minPixels, maxPixels = usual.maxPixels } = sizes
    const asked = sizes.minPixels ?? sizes.maxPixels
    const wish = {
      range,
      ...wished,
      ...(asked !== undefined && { budget: { minPixels: Math.min(minPixels, maxPixels), maxPixels } }),
    }
    const whole = sampleVideo(facts, wish, usual, this.vision)
    const proposal = whole.tokens <= room ? null : proposeSample(facts, wish, usual, room, this.vision)
    if (!proposal) return wished
    const count = (value: number) => value.toLocaleString('en')
    this.tell(
      `${name}: to fit the context, ${proposal.frames} frames (${proposal.fps} per second) of at most ${count(proposal.budget.maxPixels)} pixels are shown: ` +
        `${count(proposal.tokens)} tokens instead of ${count(whole.tokens)}.`,
    )
    return { fps: proposal.fps, budget: proposal.budget }
  }
}

interface FitWish {
  readonly fps?: number
  readonly range: VideoRange | null
  readonly sizes: SizeOptions
  readonly name: string
}

/** How a sound recording's cover is asked about. */
function withCoverHint(error: unknown, path: string): unknown {
  if (!(error instanceof AppError) || error.detail?.['hasCover'] !== true) return error
  const hint = `It is there after: ffmpeg -i "${path}" -map 0:v -frames:v 1 cover.png; then --image cover.png.`
  return new AppError(error.code, `${error.message} ${hint}`, error.detail)
}

/** What is there, but does not let itself be read. */
const refuse = (name: string) => (cause: unknown) => {
  throw new AppError(
    'MediaNotFound',
    `${name} may not be read. Check its permissions, or choose another one.`,
    undefined,
    { cause },
  )
}

async function picturesOf(folder: string): Promise<Source[]> {
  const names = (await readdir(folder).catch(refuse(basename(folder)))).filter(
    (name) => PICTURE.test(name) && !name.startsWith('.'),
  )
  if (names.length === 0)
    throw new AppError(
      'InvalidInput',
      `${basename(folder)} holds no pictures. Choose the folder with the frames of the video.`,
    )
  return names.sort((a, b) => byName.compare(a, b)).map((name) => ({ path: join(folder, name) }))
}

/** A video file, what opens it, and whether it is a picture that moves. */
interface Openable extends VideoFile {
  readonly isMoving: boolean
  readonly open: typeof openWithFfmpeg
}

/** Only what may be a video goes to ffmpeg, which would follow a playlist to other files. */
async function checkKind(path: string): Promise<Openable> {
  const name = basename(path)
  const head = await readHead(path).catch(refuse(name))
  const kind = sniff(head)
  if (isPictureKind(kind)) {
    const picture = movingKinds.includes(kind) ? await openPicture({ path }).catch(() => null) : null
    const isMoving = (picture?.pages ?? 1) > 1
    if (!isMoving)
      throw new AppError(
        'UnsupportedMedia',
        `${name} is a picture. Ask about it with --image, or give several as the frames of a video: --video frame1.png,frame2.png.`,
        { kind },
      )
    return { path, name, isMoving, open: kind === 'gif' || kind === 'webp' ? openMoving : openWithFfmpeg }
  }
  if (!['video', 'audio', 'unknown'].includes(kind))
    throw new AppError(
      'UnsupportedMedia',
      `${name} is ${kind === 'empty' ? 'empty' : 'no video'}. Choose a video file, a folder of frames, or name the frames: --video frame1.png,frame2.png.`,
      { kind },
    )
  const container = containerOf(head)
  const demuxer = container && { demuxer: container.demuxer }
  return { path, name, ...demuxer, isMoving: false, open: openWithFfmpeg }
}

/** Pictures that may move. */
const movingKinds: readonly FileKind[] = ['gif', 'webp', 'png', 'avif']
