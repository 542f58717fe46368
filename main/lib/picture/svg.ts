import { gunzipSync } from 'node:zlib'
import { AppError, say } from '#contract'
import sharp from 'sharp'
import { strict } from './libvips.ts'
import type { OpenReader } from './reader.ts'
import { damaged, pictureMimes, tooLarge } from './refusals.ts'

/** Pixels of a drawing where nothing else is asked for. */
const USUAL_PIXELS = 1_000_000
/** No drawing is larger, in pixels: it is as sharp as it gets long before. */
const MOST_PIXELS = 50_000_000
/** Nor longer on a side: cairo draws up to 32,767. */
const LONGEST_SIDE = 16_384
/** Bytes of a file that is read; those of maps and plans are below. */
const MAX_BYTES = 32 * 1024 ** 2
/** How what gzip packed begins, as a number of two bytes. */
const GZIP = 0x1f8b
/** Dots per inch at which a drawing has the size that it states, and the range that libvips takes. */
const STATED_DPI = 72
const DPI = { least: 1, most: 100_000 } as const

/** What is shown from elsewhere: a picture, a part of another drawing. */
const ELSEWHERE = /<(?:\w+:)?(?:image|use|feImage)\b[^>]*?\bhref\s*=\s*["']\s*(?!#|data:|["'])/i

/**
 * SVG, drawn with about `file.pixels` pixels. Nothing else is loaded: the drawing is handed over as bytes, so that librsvg has no
 * place that what it names could be relative to, and takes `data:` addresses alone. @throws AppError DamagedMedia, MediaTooLarge.
 */
export const openSvg: OpenReader = async (file) => {
  if (file.bytes > MAX_BYTES) throw tooLong(file.name)
  const input = unpacked(await file.read(), file.name)
  const sizeAt = (density: number) => sharp(input, { ...strict, limitInputPixels: false, density }).metadata()
  // one that is too long to be drawn as it states is measured small
  const stated = await sizeAt(STATED_DPI).catch(async () => {
    const { width, height } = await sizeAt(DPI.least)
    return { width: width * STATED_DPI, height: height * STATED_DPI }
  })
  const area = stated.width * stated.height
  if (!(area > 0)) throw damaged(file.name, 'a drawing without a size')
  const wanted = Math.min(file.pixels ?? USUAL_PIXELS, MOST_PIXELS)
  const scale = Math.min(Math.sqrt(wanted / area), LONGEST_SIDE / Math.max(stated.width, stated.height))
  const density = Math.min(DPI.most, Math.max(DPI.least, STATED_DPI * scale))
  const { width, height } = await sizeAt(density)
  if (width * height > 2 * MOST_PIXELS) throw tooLarge(file.name, width, height, MOST_PIXELS)
  return {
    mime: pictureMimes.svg,
    width,
    height,
    hasAlpha: true,
    notes: ELSEWHERE.test(input.toString('utf8'))
      ? ['The drawing shows pictures from other files or from the web, which are not loaded here.']
      : [],
    pixels: async () => sharp(input, { ...strict, density }).toColourspace('srgb'),
  }
}

/** The text of a drawing, which gzip may have packed (SVGZ). @throws AppError MediaTooLarge for one that is too long unpacked. */
function unpacked(bytes: Buffer, name: string): Buffer {
  if (bytes.readUInt16BE(0) !== GZIP) return bytes
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES })
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLong(name) : damaged(name, error)
  }
}

const tooLong = (name: string): AppError =>
  new AppError(
    'MediaTooLarge',
    say`${name} is larger than ${MAX_BYTES / 1024 ** 2} MB. Save the drawing as PNG and use that.`,
  )
