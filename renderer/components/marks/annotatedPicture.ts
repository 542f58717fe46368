import { t } from '@lingui/core/macro'
import type { Size } from '#contract'
import type { Mark } from '../../lib/grounding/index.ts'
import { arrowEnds, arrowPath } from './MarkOverlay.tsx'
import { markColour } from './markStyle.ts'

/** Lines and letters as shares of the picture's longer side, so that they read at any size; px at least. */
const LINE = { share: 1 / 400, least: 2 }
const LETTERS = { share: 1 / 60, least: 11 }

/** The original picture as PNG with its marks drawn in, in full size. Rejects when the file cannot be read. */
export async function annotatedPicture(
  url: string,
  { width, height }: Size,
  marks: readonly Pick<Mark, 'shape' | 'label'>[],
): Promise<Blob> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(t`The picture could not be read (${answer.status}).`)
  const bitmap = await createImageBitmap(await answer.blob(), { imageOrientation: 'from-image' })
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d')
  if (!context) throw new Error(t`This computer cannot draw a picture of that size.`)
  context.drawImage(bitmap, 0, 0, width, height)
  bitmap.close()
  const size = ({ share, least }: { share: number; least: number }) => Math.max(least, Math.max(width, height) * share)
  marks.forEach(({ shape, label }, index) => draw(context, shape, label, markColour(index), size(LINE), size(LETTERS)))
  return canvas.convertToBlob({ type: 'image/png' })
}

function draw(
  context: OffscreenCanvasRenderingContext2D,
  shape: Mark['shape'],
  label: string,
  colour: string,
  line: number,
  letters: number,
): void {
  const path = new Path2D()
  const [firstX, firstY] = shape.type === 'point' ? [shape.x, shape.y] : [shape.x1, shape.y1]
  if (shape.type !== 'box') path.arc(firstX, firstY, letters / 2, 0, 2 * Math.PI)
  const ends = arrowEnds(shape, { across: 1, down: 1, scroll: letters * 3 })
  if (ends) path.addPath(new Path2D(arrowPath(ends[0], ends[1], { ring: letters / 2, head: letters * 0.8 })))
  if (shape.type === 'box') path.rect(shape.x1, shape.y1, shape.x2 - shape.x1, shape.y2 - shape.y1)
  context.lineWidth = line * 2
  context.strokeStyle = 'rgb(0 0 0 / 0.65)'
  context.stroke(path)
  context.lineWidth = line
  context.strokeStyle = colour
  context.stroke(path)
  if (label === '') return
  context.font = `500 ${letters}px system-ui, sans-serif`
  const width = context.measureText(label).width + letters * 0.8
  const [x, y] = [firstX, shape.type === 'box' ? firstY : firstY - letters / 2]
  const left = Math.max(0, Math.min(x, context.canvas.width - width))
  const top = y >= letters * 1.5 ? y - letters * 1.5 : y
  context.fillStyle = colour
  context.fillRect(left, top, width, letters * 1.5)
  context.fillStyle = 'black'
  context.textBaseline = 'middle'
  context.fillText(label, left + letters * 0.4, top + letters * 0.78)
}
