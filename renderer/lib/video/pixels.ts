import type { VideoSample } from 'mediabunny'
import { turned } from './turned.ts'
import type { Frame, Size, Thumbnail } from './types.ts'

/** The longest side at which the core takes a frame that may be smaller. */
const LONGEST = 2048

/** Draws frames to get at their pixels; keeps its canvases for the next one. */
export interface PixelReader {
  /** The frame's pixels, upright. */
  read(sample: VideoSample, index: number, time: number): Promise<Frame>
  /** The frame in `height` pixels, as JPEG. */
  shrink(sample: VideoSample, index: number, time: number, height: number): Promise<Thumbnail>
}

/**
 * @param size Width and height of every frame as shown. Its pixels are given as they are, unless a side is longer than the core takes.
 * @param least What they are never made smaller than.
 */
export function createPixelReader(size: Size, least: Size): PixelReader {
  const { width, height } = within(size, least)
  const isSmaller = width !== size.width || height !== size.height
  let whole: OffscreenCanvasRenderingContext2D | null = null
  let small: OffscreenCanvasRenderingContext2D | null = null
  return {
    read: async (sample, index, time) => {
      const copied = isSmaller ? null : await copy(sample, size)
      if (copied) return { index, time, width, height, rgba: copied }
      whole ??= context({ width, height }, isSmaller ? 'high' : null)
      sample.draw(whole, 0, 0, width, height)
      const { data } = whole.getImageData(0, 0, width, height, { colorSpace: 'srgb' })
      return { index, time, width, height, rgba: data.buffer as ArrayBuffer }
    },
    shrink: async (sample, index, time, to) => {
      const shrunk = { width: Math.max(1, Math.round((size.width * to) / size.height)), height: to }
      small ??= context(shrunk, 'medium')
      sample.draw(small, 0, 0, shrunk.width, shrunk.height)
      return { index, time, picture: await small.canvas.convertToBlob({ type: 'image/jpeg', quality: 0.8 }) }
    },
  }
}

/**
 * The pixels of a frame without a canvas, which would keep each picture that it drew in a cache of hundreds of megabytes;
 * null: its pixels are not square, or this window cannot give them.
 */
async function copy(sample: VideoSample, { width, height }: Size): Promise<ArrayBuffer | null> {
  const frame = sample.toVideoFrame()
  try {
    const stored = frame.visibleRect
    const isSideways = sample.rotation === 90 || sample.rotation === 270
    if (!stored || stored.width !== (isSideways ? height : width) || stored.height !== (isSideways ? width : height)) return null
    const pixels = new Uint32Array(width * height)
    await frame.copyTo(pixels, { format: 'RGBA', colorSpace: 'srgb' })
    return turned(pixels, stored, sample).buffer
  } catch {
    return null
  } finally {
    frame.close()
  }
}

function within({ width, height }: Size, least: Size): Size {
  const scale = Math.min(1, Math.max(LONGEST / Math.max(width, height), least.width / width, least.height / height))
  return scale === 1 ? { width, height } : { width: Math.ceil(width * scale), height: Math.ceil(height * scale) }
}

/** A canvas that is read back, so in main memory; in sRGB, which is what models are taught on. */
function context({ width, height }: Size, smoothing: ImageSmoothingQuality | null): OffscreenCanvasRenderingContext2D {
  const drawn = new OffscreenCanvas(width, height).getContext('2d', { alpha: false, colorSpace: 'srgb', willReadFrequently: true })
  if (!drawn) throw new Error('This window has no canvas')
  drawn.imageSmoothingEnabled = smoothing !== null
  if (smoothing) drawn.imageSmoothingQuality = smoothing
  return drawn
}
