import type { VideoSample } from 'mediabunny'
import { turned } from './turned.ts'
import type { Frame, Size } from './types.ts'

/** The longest side at which the core takes a frame that may be smaller. */
const LONGEST = 2048

/** Gets at the pixels of frames; keeps its canvases and memory for the next one. */
export interface PixelReader {
  /** The frame's pixels, upright, in memory that the next frame takes over. */
  read(sample: VideoSample): Promise<Frame>
  /** The frame in `height` pixels, as JPEG. */
  shrink(sample: VideoSample, height: number): Promise<Blob>
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
  let kept: Uint32Array<ArrayBuffer> | null = null
  return {
    read: async (sample) => {
      const copied = isSmaller ? null : await copy(sample, size, (kept ??= new Uint32Array(width * height)))
      if (copied) return { width, height, rgba: copied }
      whole ??= context({ width, height }, isSmaller ? 'high' : null)
      sample.draw(whole, 0, 0, width, height)
      const { data } = whole.getImageData(0, 0, width, height, { colorSpace: 'srgb' })
      return { width, height, rgba: data.buffer as ArrayBuffer }
    },
    shrink: async (sample, to) => {
      const shrunk = { width: Math.max(1, Math.round((size.width * to) / size.height)), height: to }
      small ??= context(shrunk, 'medium')
      sample.draw(small, 0, 0, shrunk.width, shrunk.height)
      return await small.canvas.convertToBlob({ type: 'image/jpeg', quality: 0.8 })
    },
  }
}

/**
 * The pixels of a frame without a canvas, which would keep each picture that it drew in a cache of hundreds of megabytes;
 * null: its pixels are not square, or this window cannot give them.
 */
async function copy(sample: VideoSample, { width, height }: Size, pixels: Uint32Array<ArrayBuffer>): Promise<ArrayBuffer | null> {
  const frame = sample.toVideoFrame()
  try {
    const stored = frame.visibleRect
    const isSideways = sample.rotation === 90 || sample.rotation === 270
    if (!stored || stored.width !== (isSideways ? height : width) || stored.height !== (isSideways ? width : height)) return null
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
