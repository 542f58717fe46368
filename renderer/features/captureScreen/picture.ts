import { AppError, type Region } from '#contract'

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
