import type { Size } from '#contract'
import type { VideoSample } from 'mediabunny'
import { resizeBicubic } from '../../../main/lib/picture/resize.ts'
import type { Decoded } from './decode.ts'
import type { Frame } from './types.ts'

/** How a frame is to be turned to stand upright: clockwise, in degrees, then mirrored from left to right. */
export interface Turn {
  readonly rotation: number
  readonly flip: boolean
}

/**
 * A picture of width x height pixels, one number each, turned upright; the same array where nothing is to be turned.
 */
export function turned(
  pixels: Uint32Array<ArrayBuffer>,
  { width, height }: { width: number; height: number },
  { rotation, flip }: Turn,
): Uint32Array<ArrayBuffer> {
  if (rotation === 0 && !flip) return pixels
  const isSideways = rotation === 90 || rotation === 270
  const [across, down] = isSideways ? [height, width] : [width, height]
  const upright = new Uint32Array(pixels.length)
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const at = flip ? across - 1 - x : x
      const from =
        rotation === 90
          ? (height - 1 - at) * width + y
          : rotation === 180
            ? (height - 1 - y) * width + (width - 1 - at)
            : rotation === 270
              ? at * width + (width - 1 - y)
              : y * width + at
      upright[y * across + x] = pixels[from] ?? 0
    }
  }
  return upright
}

/** The longest side of the picture that stands for a video, in pixels. */
const POSTER_SIDE = 512

/** Gets at the pixels of frames; keeps its canvases and memory for the next one. */
export interface PixelReader {
  /** The frame as the reference resizes it, bit for bit; what is transparent is over white. */
  resized(decoded: Decoded, size: Size): Promise<Frame>
  /** The frame in at most 512 x 512 pixels. */
  poster(sample: VideoSample): Frame
  /** The frame in `height` pixels, as JPEG. */
  shrink(sample: VideoSample, height: number): Promise<Blob>
}

/** @param size Width and height of every frame as shown. */
export function createPixelReader(size: Size): PixelReader {
  const { width, height } = size
  let whole: OffscreenCanvasRenderingContext2D | null = null
  let small: OffscreenCanvasRenderingContext2D | null = null
  let kept: Uint32Array<ArrayBuffer> | null = null
  async function read(sample: VideoSample): Promise<Uint32Array<ArrayBuffer>> {
    const copied = await copy(sample, size, (kept ??= new Uint32Array(width * height)))
    if (copied) return copied
    whole ??= context(size, null)
    sample.draw(whole, 0, 0, width, height)
    return new Uint32Array(whole.getImageData(0, 0, width, height, { colorSpace: 'srgb' }).data.buffer as ArrayBuffer)
  }
  return {
    resized: async ({ sample, alpha }, to) => {
      const pixels = await read(sample)
      const opacity = alpha && (await opacityOf(alpha, size, sample))
      const rgb = opacity ? overWhite(pixels, opacity) : withoutAlpha(pixels)
      const { data } = resizeBicubic({ width, height, data: rgb }, to)
      // what is sent on leaves this thread; the memory of the whole frame stays for the next one
      const own = data.length === data.buffer.byteLength && data !== rgb ? data : data.slice()
      return { width: to.width, height: to.height, format: 'rgb', pixels: own.buffer as ArrayBuffer }
    },
    poster: (sample) => {
      const scale = Math.min(1, POSTER_SIDE / Math.max(width, height))
      const shrunk = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
      const drawn = context(shrunk, 'medium')
      sample.draw(drawn, 0, 0, shrunk.width, shrunk.height)
      return {
        ...shrunk,
        format: 'rgba',
        pixels: drawn.getImageData(0, 0, shrunk.width, shrunk.height, { colorSpace: 'srgb' }).data
          .buffer as ArrayBuffer,
      }
    },
    shrink: async (sample, to) => {
      const shrunk = { width: Math.max(1, Math.round((width * to) / height)), height: to }
      small ??= context(shrunk, 'medium')
      sample.draw(small, 0, 0, shrunk.width, shrunk.height)
      return await small.canvas.convertToBlob({ type: 'image/jpeg', quality: 0.8 })
    },
  }
}

/**
 * The pixels of a frame without a canvas, which would keep each picture that it drew in a cache of hundreds of
 * megabytes; null: its pixels are not square, or this window cannot give them.
 */
async function copy(
  sample: VideoSample,
  { width, height }: Size,
  pixels: Uint32Array<ArrayBuffer>,
): Promise<Uint32Array<ArrayBuffer> | null> {
  const frame = sample.toVideoFrame()
  try {
    const stored = frame.visibleRect
    const isSideways = sample.rotation === 90 || sample.rotation === 270
    if (!stored || stored.width !== (isSideways ? height : width) || stored.height !== (isSideways ? width : height))
      return null
    await frame.copyTo(pixels, { format: 'RGBA', colorSpace: 'srgb' })
    return turned(pixels, stored, sample)
  } catch {
    return null
  } finally {
    frame.close()
  }
}

/**
 * The opacity of each pixel, upright, 0 to 255, from the brightness of the alpha frame; null when that has another
 * size.
 */
async function opacityOf(alpha: VideoFrame, { width, height }: Size, turn: VideoSample): Promise<Uint32Array | null> {
  const stored = alpha.visibleRect
  const isSideways = turn.rotation === 90 || turn.rotation === 270
  if (!stored || stored.width !== (isSideways ? height : width) || stored.height !== (isSideways ? width : height))
    return null
  const planes = new Uint8Array(alpha.allocationSize())
  const [brightness] = await alpha.copyTo(planes)
  if (!brightness) return null
  const { offset, stride } = brightness
  const opacity = new Uint32Array(stored.width * stored.height)
  for (let y = 0; y < stored.height; y++)
    for (let x = 0; x < stored.width; x++) opacity[y * stored.width + x] = planes[offset + y * stride + x] ?? 255
  return turned(opacity, stored, turn)
}

/** Red, green, blue of each pixel over white, in the same memory. */
function overWhite(pixels: Uint32Array<ArrayBuffer>, opacity: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(pixels.buffer)
  for (let i = 0, at = 0; i < pixels.length; i++, at += 4) {
    const share = opacity[i] ?? 255
    if (share === 255) continue
    for (let c = at; c < at + 3; c++) bytes[c] = 255 - Math.round(((255 - (bytes[c] ?? 0)) * share) / 255)
  }
  return withoutAlpha(pixels)
}

/**
 * Red, green, blue of each pixel, in the same memory; four pixels become three words (every computer with a Chromium is
 * little-endian).
 */
function withoutAlpha(pixels: Uint32Array<ArrayBuffer>): Uint8Array {
  const whole = pixels.length & ~3
  let to = 0
  for (let from = 0; from < whole; from += 4) {
    const [one, two, three, four] = [
      pixels[from] ?? 0,
      pixels[from + 1] ?? 0,
      pixels[from + 2] ?? 0,
      pixels[from + 3] ?? 0,
    ]
    pixels[to++] = (one & 0xffffff) | (two << 24)
    pixels[to++] = ((two >>> 8) & 0xffff) | (three << 16)
    pixels[to++] = ((three >>> 16) & 0xff) | (four << 8)
  }
  const bytes = new Uint8Array(pixels.buffer)
  for (let i = whole; i < pixels.length; i++) bytes.set(bytes.subarray(i * 4, i * 4 + 3), i * 3)
  return bytes.subarray(0, pixels.length * 3)
}

/** A canvas that is read back, so in main memory; in sRGB, which is what models are taught on. */
function context({ width, height }: Size, smoothing: ImageSmoothingQuality | null): OffscreenCanvasRenderingContext2D {
  const drawn = new OffscreenCanvas(width, height).getContext('2d', {
    alpha: false,
    colorSpace: 'srgb',
    willReadFrequently: true,
  })
  if (!drawn) throw new Error('This window has no canvas')
  drawn.imageSmoothingEnabled = smoothing !== null
  if (smoothing) drawn.imageSmoothingQuality = smoothing
  return drawn
}
