import { Check, Copy, Download } from 'lucide-react'
import type { ReactNode } from 'react'
import { announce } from '../../lib/announce.ts'
import {
  exportMarks,
  toModel,
  toShares,
  type Mark,
  type MarkFormat,
  type Shape,
  type Space,
  type Views,
} from '../../lib/grounding/index.ts'
import { saveFile } from '../../lib/saveFile.ts'
import { useCopied } from '../../lib/useCopied.ts'
import { annotatedPicture } from './annotatedPicture.ts'
import { iconButtonClass } from '../primitives/IconButton.tsx'
import { Menu, MenuItem, MenuTrigger } from '../primitives/Menu.tsx'

const FORMATS: readonly (readonly [MarkFormat, string])[] = [
  ['coco', 'COCO JSON'],
  ['csv', 'CSV'],
  ['yolo', 'YOLO'],
]

/** A picture that an answer points at. `marks` are in pixels of the original. */
export interface Grounded {
  readonly name: string
  readonly url: string
  readonly views: Views
  readonly space: Space
  readonly marks: readonly Pick<Mark, 'shape' | 'label' | 'time'>[]
  /** The marks' numbers in the answer. */
  readonly numbers: readonly number[]
}

/** Copies the coordinates of all marks, as JSON, in the space that is wanted. */
export function CopyMarksMenu({ picture: { views, space, marks } }: { picture: Grounded }): ReactNode {
  const [copied, copy] = useCopied()
  const as = (map: (shape: Shape) => Shape, places: number): string =>
    JSON.stringify(marks.map(({ shape, label }) => ({ label, ...coordinates(map(shape), places) })))
  const spaces: readonly (readonly [string, () => string])[] = [
    ['In pixels of the picture', () => as((shape) => shape, 1)],
    ['In shares of the picture, 0 to 1', () => as((shape) => toShares(shape, views.original), 4)],
    ['As the model counts', () => as((shape) => toModel(shape, space, views), 0)],
  ]
  return (
    <Menu
      align="end"
      trigger={
        <MenuTrigger className={iconButtonClass('small')} aria-label="Copy coordinates">
          {copied ? <Check /> : <Copy />}
        </MenuTrigger>
      }
    >
      {spaces.map(([label, text]) => (
        <MenuItem key={label} onSelect={() => copy(text())}>
          {label}
        </MenuItem>
      ))}
    </Menu>
  )
}

function coordinates(shape: Shape, places: number): { box: number[] } | { point: number[] } {
  const round = (value: number) => Number(value.toFixed(places))
  return shape.type === 'point'
    ? { point: [round(shape.x), round(shape.y)] }
    : { box: [round(shape.x1), round(shape.y1), round(shape.x2), round(shape.y2)] }
}

/** Saves the marks in a format of others, or drawn into the picture. */
export function ExportMarksMenu({ picture: { name, url, views, marks } }: { picture: Grounded }): ReactNode {
  const save = (format: MarkFormat): void => {
    for (const file of exportMarks({ name, size: views.original, marks }, format))
      saveFile(file.name, new Blob([file.text], { type: file.mime }))
  }
  const savePicture = async (): Promise<void> => {
    try {
      saveFile(`${name.replace(/\.[^.]*$/, '')}-marked.png`, await annotatedPicture(url, views.original, marks))
    } catch (thrown) {
      announce(thrown instanceof Error ? thrown.message : 'The picture could not be saved.')
    }
  }
  return (
    <Menu
      align="end"
      trigger={
        <MenuTrigger className={iconButtonClass('small')} aria-label="Export the marks">
          <Download />
        </MenuTrigger>
      }
    >
      {FORMATS.map(([format, label]) => (
        <MenuItem key={format} onSelect={() => save(format)}>
          {label}
        </MenuItem>
      ))}
      <MenuItem onSelect={() => void savePicture()}>Picture with the marks (PNG)</MenuItem>
    </Menu>
  )
}
