import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { AppError } from '#contract'
import type { PictureBudget, Size } from '#contract'
import { tokenPixels } from '../../../lib/families/family.ts'
import type { VisionFacts } from '../../../lib/families/family.ts'
import { openPicture, partOf, partSize, smartResize } from '../../../lib/picture/index.ts'
import type { Picture } from '../../../lib/picture/index.ts'
import { timedFrameSize, videoBudget } from '../../../lib/video/index.ts'
import type { ChatPart, SizeOptions, Source } from '../../types.ts'
import { framesOfSlice, gridOf } from '../../../lib/families/grid.ts'
import type { Grid } from '../../../lib/families/grid.ts'
import type { Frame } from './patches.ts'

/** A picture or video of a request, measured but not yet decoded. */
export interface Media {
  /** Names what the tower will compute: the files' content, the size and the order of frames. */
  readonly key: string
  readonly grid: Grid
  /** Names what the tower computes of temporal slice `t`: its frames' content and size. */
  sliceKey(t: number): string
  /** Decodes and resizes the frames of temporal slice `t`: one for a still picture, two for a video. */
  frames(t: number): Promise<readonly [Frame] | readonly [Frame, Frame]>
  /** When temporal slice `t` of a video is shown, in the middle of its frames, in seconds. */
  seconds(t: number): number
  /** What a user must know of what was shown, each with the file's name; complete once all frames were decoded. */
  notes(): readonly string[]
  /** Whether some of `notes` comes with the decoded pixels alone: what was computed of them is not to be found again without. */
  damaged(): boolean
}

export type MediaSource = Exclude<ChatPart, { type: 'text' }>

/** Frames per second that the reference takes of a video for which nothing else is said. */
const VIDEO_FPS = 2

/**
 * Measures a picture or video for the models of a family: its size for them, its tokens and its name in the caches.
 * @throws AppError MediaNotFound, UnsupportedMedia, DamagedMedia, MediaTooLarge, InvalidInput.
 */
export async function measureMedia(part: MediaSource, budget: PictureBudget, vision: VisionFacts): Promise<Media> {
  const sources = part.type === 'image' ? [part.source] : part.frames
  if (sources.length === 0)
    throw new AppError('InvalidInput', 'A video needs at least one frame. Name its frames in order.')
  // only the first decides the size; what is known to be there is opened when it is wanted
  const known = knownSize(sources[0]!)
  const header = known ? null : await openSource(sources[0]!)
  const pictures = await Promise.all(
    sources.map((source, index) => {
      if (index === 0 && header) return async () => header
      return isKnown(source) ? () => openSource(source) : opened(source)
    }),
  )
  const digests = await Promise.all(sources.map(digest))
  const name = nameOf(sources[0]!)
  const size =
    part.type === 'video' && vision.videoForm === 'timed' && !(part.resizedWidth && part.resizedHeight)
      ? timedFrameSize(known ?? header!, part.frames.length, part, budget, { name, token: tokenPixels(vision) })
      : targetSize(
          known ?? header!,
          part.type === 'image' ? part : { ...part, ...videoBudget(part.frames.length, part, budget) },
          budget,
          vision,
          { name, isFrame: part.type === 'video' },
        )
  const fps = part.type === 'video' ? (part.fps ?? VIDEO_FPS) : VIDEO_FPS
  const { positionsPerSecond } = vision
  const timeStep = positionsPerSecond === null ? 1 : (vision.framesPerSlice / fps) * positionsPerSecond
  const shown = new Set(header ? [header] : [])
  const frame = async (index: number): Promise<Frame> => {
    const picture = await pictures[index]!()
    shown.add(picture)
    return picture.resized(size)
  }
  const second = (index: number): number => (part.type === 'image' ? 0 : (part.seconds?.[index] ?? index / fps))
  const pair = (t: number) => framesOfSlice(t, sources.length)
  const sides = `${size.width}x${size.height}`
  return {
    sliceKey: (t) =>
      `${
        part.type === 'image'
          ? digests[0]!
          : pair(t)
              .map((n) => digests[n])
              .join('+')
      }:${sides}`,
    key: `${createHash('sha256').update(digests.join()).digest('hex')}:${part.type}:${sides}${part.type === 'video' ? `@${fps}` : ''}`,
    grid: gridOf(size, sources.length, timeStep, vision),
    frames: async (t) => {
      const [one, other] = pair(t)
      return part.type === 'image' ? [await frame(one)] : [await frame(one), await frame(other)]
    },
    seconds: (t) => (second(pair(t)[0]) + second(pair(t)[1])) / 2,
    damaged: () => [...shown].some(({ damaged }) => damaged),
    notes: () => [...new Set([...shown].flatMap(({ name, notes }) => notes.map((note) => `${name}: ${note}`)))],
  }
}

/** Temporal slice `t` of a video as a medium of its own. */
export function sliceOf(media: Media, t: number): Media {
  return {
    ...media,
    key: media.sliceKey(t),
    grid: { ...media.grid, times: 1 },
    sliceKey: () => media.sliceKey(t),
    frames: () => media.frames(t),
    seconds: () => media.seconds(t),
  }
}

function nameOf(source: Source): string {
  return source.name ?? ('path' in source ? basename(source.path) : 'The picture')
}

function targetSize(
  original: Size,
  options: SizeOptions,
  budget: PictureBudget,
  vision: VisionFacts,
  { name, isFrame }: { readonly name: string; readonly isFrame: boolean },
): Size {
  const token = tokenPixels(vision)
  const { resizedWidth, resizedHeight } = options
  // frames of a video that stands in slices may be smaller than any picture
  const leastPixels = isFrame && vision.videoForm === 'timed' ? token * token : vision.minPixels
  // the reference's fetch_image rounds the size that is asked for with smart_resize under its default budget
  if (resizedWidth && resizedHeight)
    return smartResize(
      { width: resizedWidth, height: resizedHeight },
      { minPixels: leastPixels, maxPixels: vision.maxPixels },
      name,
      token,
    )
  const minPixels = Math.min(options.minPixels ?? budget.minPixels, vision.maxPixels)
  const maxPixels = Math.max(options.maxPixels ?? budget.maxPixels, token * token)
  return smartResize(scaled(original, options), { minPixels: Math.min(minPixels, maxPixels), maxPixels }, name, token)
}

/** A picture's size in pixels after the side that is asked for was brought to its length. */
function scaled({ width, height }: Size, { longestSide, shortestSide }: SizeOptions): Size {
  const factor = longestSide
    ? longestSide / Math.max(width, height)
    : shortestSide
      ? shortestSide / Math.min(width, height)
      : 1
  if (factor === 1) return { width, height }
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) }
}

/** A picture whose header was read. */
async function opened(source: Source): Promise<() => Promise<Picture>> {
  const picture = await openSource(source)
  return async () => picture
}

const isKnown = (source: Source): boolean => 'digest' in source && source.digest !== undefined
/** The size of a picture that need not be opened to be measured; null: it must be. */
const knownSize = (source: Source): Size | null =>
  isKnown(source) && 'size' in source && source.size ? partSize(source.size, source.part) : null

/** Opens a picture, or what is to be seen of it. */
async function openSource(source: Source): Promise<Picture> {
  const picture = await openPicture(source)
  return source.part ? partOf(picture, source.part, isKnown(source) ? await digestOfWhole(source) : null) : picture
}

/** Names the content of a source: its bytes, and the page of several. */
async function digest(source: Source): Promise<string> {
  const whole = await digestOfWhole(source)
  if (!source.part) return whole
  // as long as that of a whole file, since it names one in the caches
  return createHash('sha256')
    .update(`${JSON.stringify(source.part)} of ${whole}`)
    .digest('hex')
}

async function digestOfWhole(source: Source): Promise<string> {
  if ('digest' in source && source.digest !== undefined) return source.digest
  const hash = createHash('sha256')
  if (source.page !== undefined) hash.update(`page ${source.page} of `)
  if ('bytes' in source) return hash.update(source.bytes).digest('hex')
  for await (const chunk of createReadStream(source.path)) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}
