import type { Size } from '#contract'
import { toCsv } from '../csv.ts'
import { toShares } from './findMarks.ts'
import type { Mark, Shape } from './findMarks.ts'

/** A picture with what an answer named in it, in pixels of the original. */
export interface Annotated {
  readonly name: string
  readonly size: Size
  readonly marks: readonly Pick<Mark, 'shape' | 'label' | 'time'>[]
}

/** A file to be saved. */
export interface TextFile {
  readonly name: string
  readonly mime: string
  readonly text: string
}

/** The formats that boxes are exported in. */
export const markFormats = ['coco', 'csv', 'yolo'] as const
export type MarkFormat = (typeof markFormats)[number]

/** The marks of a picture as files of a format; YOLO takes one for the boxes and one for the names. */
export function exportMarks(picture: Annotated, format: MarkFormat): TextFile[] {
  const stem = picture.name.replace(/\.[^.]*$/, '') || 'picture'
  if (format === 'coco')
    return [
      { name: `${stem}.coco.json`, mime: 'application/json', text: `${JSON.stringify(coco(picture), null, 2)}\n` },
    ]
  if (format === 'csv') return [{ name: `${stem}.csv`, mime: 'text/csv', text: csv(picture) }]
  const names = labelsOf(picture)
  return [
    { name: `${stem}.txt`, mime: 'text/plain', text: yolo(picture, names) },
    { name: 'classes.txt', mime: 'text/plain', text: names.map((name) => `${name}\n`).join('') },
  ]
}

const labelOf = (label: string): string => label.replace(/\s+/g, ' ').trim() || 'object'
const labelsOf = ({ marks }: Annotated): string[] => [...new Set(marks.map(({ label }) => labelOf(label)))]
const decimals = (value: number, places: number): number => Number(value.toFixed(places))

/** COCO's object detection format; a point is an annotation with one keypoint, an arrow one with two. */
function coco(picture: Annotated): object {
  const names = labelsOf(picture)
  return {
    images: [{ id: 1, file_name: picture.name, width: picture.size.width, height: picture.size.height }],
    categories: names.map((name, i) => ({ id: i + 1, name })),
    annotations: picture.marks.map(({ shape, label, time }, i) => ({
      id: i + 1,
      image_id: 1,
      category_id: names.indexOf(labelOf(label)) + 1,
      iscrowd: 0,
      ...cocoShape(shape),
      ...(time === null ? {} : { time }),
    })),
  }
}

function cocoShape(shape: Shape): object {
  if (shape.type === 'point') return { keypoints: [decimals(shape.x, 2), decimals(shape.y, 2), 2], num_keypoints: 1 }
  if (shape.type === 'arrow') {
    const [x1, y1, x2, y2] = [shape.x1, shape.y1, shape.x2, shape.y2].map((value) => decimals(value, 2))
    return { keypoints: [x1, y1, 2, x2, y2, 2], num_keypoints: 2 }
  }
  const [width, height] = [shape.x2 - shape.x1, shape.y2 - shape.y1]
  return {
    bbox: [shape.x1, shape.y1, width, height].map((value) => decimals(value, 2)),
    area: decimals(width * height, 2),
  }
}

/** One line per mark, in pixels; a point has its two corners in one place, an arrow goes from the first to the second. */
function csv({ marks }: Annotated): string {
  const rows = marks.map(({ shape, label, time }) => {
    const corners =
      shape.type === 'point' ? [shape.x, shape.y, shape.x, shape.y] : [shape.x1, shape.y1, shape.x2, shape.y2]
    return [labelOf(label), shape.type, ...corners.map((value) => decimals(value, 2)), time]
  })
  return toCsv(['label', 'type', 'x1', 'y1', 'x2', 'y2', 'time'], rows)
}

/** `class cx cy width height` in shares of the picture; YOLO knows boxes only. */
function yolo({ marks, size }: Annotated, names: readonly string[]): string {
  return marks
    .flatMap(({ shape, label }) => {
      const share = toShares(shape, size)
      if (share.type !== 'box') return []
      const { x1, y1, x2, y2 } = share
      return [
        `${[names.indexOf(labelOf(label)), ...[(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1].map((value) => value.toFixed(6))].join(' ')}\n`,
      ]
    })
    .join('')
}
