import { t } from '@lingui/core/macro'
import type { Size } from '#contract'
import type { Shape } from '../../lib/grounding/index.ts'
import { createContext } from 'react'

/** Whole pixels of a picture. */
export interface Region {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** The pixels of a picture that a box touches; at least one. */
export function regionOf({ x1, y1, x2, y2 }: Extract<Shape, { type: 'box' }>, { width, height }: Size): Region {
  const x = Math.max(0, Math.min(width - 1, Math.floor(x1)))
  const y = Math.max(0, Math.min(height - 1, Math.floor(y1)))
  return {
    x,
    y,
    width: Math.max(1, Math.min(width, Math.ceil(x2)) - x),
    height: Math.max(1, Math.min(height, Math.ceil(y2)) - y),
  }
}

/**
 * A part of a stored picture as a picture of its own (PNG, pixel for pixel as shown upright). `size` is that of the
 * whole picture. Rejects when the file cannot be read.
 */
export async function cropPicture(
  picture: { readonly url: string; readonly name: string; readonly size: Size },
  box: Extract<Shape, { type: 'box' }>,
  label: string,
): Promise<File> {
  const { x, y, width, height } = regionOf(box, picture.size)
  const answer = await fetch(picture.url)
  if (!answer.ok) throw new Error(t`The picture could not be read (${answer.status}).`)
  const bitmap = await createImageBitmap(await answer.blob(), x, y, width, height, { imageOrientation: 'from-image' })
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d')
  if (!context) throw new Error(t`This computer cannot cut out a part of that size.`)
  context.drawImage(bitmap, 0, 0)
  bitmap.close()
  return new File([await canvas.convertToBlob({ type: 'image/png' })], cropName(picture.name, label), {
    type: 'image/png',
  })
}

/** "street.jpg" and "red car": "street - red car.png". */
export function cropName(picture: string, label: string): string {
  const part = label
    .replace(/[\\/:*?"<>|\p{Cc}]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 60)
  return `${picture.replace(/\.[^.]*$/, '')} - ${part || t`part`}.png`
}

/** Puts a picture into the question that is being composed; null where there is none. */
export const AskAboutContext = createContext<((picture: File) => void) | null>(null)
