import { MAX_FRAME_SIDE, timeLine } from '#contract'
import sharp from 'sharp'
import { strict } from '../picture/libvips.ts'
import { overWhite } from '../picture/resize.ts'
import type { RgbPicture } from '../picture/resize.ts'
import type { DecodedFrame, FfmpegVideo } from './ffmpeg.ts'
import { damagedVideo } from './ffmpegProcess.ts'
import type { VideoFile } from './ffmpegProcess.ts'

/** Browsers take a picture that is to be shown for less than this, in ms, for one that does not say how long. */
const LEAST_MS = 11
const USUAL_MS = 100

/**
 * Opens a GIF or WebP that moves as a video, without ffmpeg, which leaves moving WebP out: each picture is a frame, shown for as
 * long as the file says, over white where it is transparent. @throws AppError DamagedMedia.
 */
export async function openMoving({ path, name }: VideoFile): Promise<FfmpegVideo> {
  const options = { ...strict, sequentialRead: false }
  const metadata = await sharp(path, options)
    .metadata()
    .catch((cause: unknown) => Promise.reject(damagedVideo(name, cause)))
  const { width, height, pages = 1, delay = [], format } = metadata
  const starts: number[] = []
  let end = 0
  for (let n = 0; n < pages; n++) {
    starts.push(end)
    end += (delay[n] ?? 0) < LEAST_MS ? USUAL_MS : delay[n]!
  }
  const { times, ...line } = timeLine({ ticksPerSecond: 1000, times: starts, end })
  const shrink = Math.min(1, MAX_FRAME_SIDE / Math.max(width, height))
  const usual = { width: Math.max(1, Math.round(width * shrink)), height: Math.max(1, Math.round(height * shrink)) }

  async function picture(page: number, size: { width: number; height: number }): Promise<RgbPicture> {
    const pixels = sharp(path, { ...options, page }).toColourspace('srgb')
    const sized = size.width === width && size.height === height ? pixels : pixels.resize({ ...size, fit: 'fill' })
    const { data, info } = await sized.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
    return { data: overWhite(data, info.channels), width: info.width, height: info.height }
  }
  return {
    facts: { ...line, width, height, codec: format },
    times,
    async *frames(indices, { size = usual, signal } = {}): AsyncGenerator<DecodedFrame> {
      let last: RgbPicture | null = null
      for (const index of indices) {
        signal?.throwIfAborted()
        const own: RgbPicture | null = await picture(index, size).catch(() => null)
        const shown: RgbPicture | null = own ?? last
        if (!shown) throw damagedVideo(name)
        last = shown
        yield { index, picture: shown, isOther: own === null }
      }
    },
  }
}
