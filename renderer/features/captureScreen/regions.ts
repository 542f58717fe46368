import { AppError, Region } from '#contract'
import { recall, remember } from '../../lib/platform.ts'

/** The pixels of a captured picture as they are: no colour is converted. */
export const openPixels = (picture: Blob): Promise<ImageBitmap> =>
  createImageBitmap(picture, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' })

/** A region of a picture as PNG: the same pixels, nothing scaled. */
export async function cropPng(picture: ImageBitmap, { x, y, width, height }: Region): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d', { alpha: false })
  if (!context)
    throw new AppError('EngineFailed', 'The picture could not be cut out. Close other windows and try again.')
  context.drawImage(picture, -x, -y)
  return canvas.convertToBlob({ type: 'image/png' })
}

const key = (screen: string): string => `lastRegion.${screen}`

/** The region that was last taken of a screen, in pixels of its picture; null when there is none. */
export function lastRegion(screen: string): Region | null {
  try {
    return Region.safeParse(JSON.parse(recall(key(screen)) ?? 'null')).data ?? null
  } catch {
    return null
  }
}

/** Remembers a region for "last region again"; no pixel of it is kept. */
export const rememberRegion = (screen: string, region: Region): void => remember(key(screen), JSON.stringify(region))
