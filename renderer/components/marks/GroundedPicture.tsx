import { plural, t } from '@lingui/core/macro'
import type { CoordinateSpace, ScreenPlace, Size } from '#contract'
import { Check, Copy, Crop, Crosshair, Download, Eye, EyeOff, ScanEye } from 'lucide-react'
import { useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { announce } from '../../lib/announce.ts'
import { mediumName } from '../../lib/conversation/numbers.ts'
import { saveFile, useCopied } from '../../lib/copyAndSave.ts'
import { clickPosition, exportMarks, placesOf, toModel, toShares } from '../../lib/grounding/index.ts'
import type { Mark, MarkFormat, Shape, Views } from '../../lib/grounding/index.ts'
import { IconButton, iconButtonClass } from '../primitives/Button.tsx'
import { Menu, MenuItem, MenuTrigger } from '../primitives/Menu.tsx'
import { MarkLegend, MarkOverlay, nameOf, useShownSize } from './MarkOverlay.tsx'
import type { DrawnMark } from './MarkOverlay.tsx'
import { annotatedPicture } from './annotatedPicture.ts'

/** A picture that an answer points at. `marks` are in pixels of the original. */
export interface Grounded {
  readonly name: string
  /** By which it is called among others; null: it needs none. */
  readonly number: number | null
  readonly url: string
  readonly views: Views
  readonly space: CoordinateSpace
  readonly marks: readonly Pick<Mark, 'shape' | 'label' | 'time'>[]
  /** The marks' numbers in the answer. */
  readonly numbers: readonly number[]
  /** Where it was captured, if it was. */
  readonly screen?: ScreenPlace | undefined
}

/** Most px that the picture takes in the window. */
const MOST = { width: 640, height: 480 }

/**
 * The picture with what the answer found on it, and what can be done with that. `hasLegend`: the marks are named below
 * it, because not all of them are in the answer's words. `onCrop`: asks about the box of a number alone. `onInput`: shows what the
 * model got of the picture.
 */
export function GroundedPicture({
  picture,
  highlighted,
  selected,
  hasLegend,
  onHighlight,
  onSelect,
  onCrop,
  onInput,
}: {
  picture: Grounded
  highlighted: number | null
  selected: number | null
  hasLegend: boolean
  onHighlight: (index: number | null) => void
  onSelect: (index: number) => void
  onCrop: ((index: number) => void) | null
  onInput?: () => void
}): ReactNode {
  const { name, number, url, views, marks, numbers } = picture
  const { original } = views
  const drawn = marks.map(({ shape, label }, i): DrawnMark => ({ shape, label, number: numbers[i]! }))
  const frame = useRef<HTMLDivElement>(null)
  const shown = useShownSize(frame)
  const [visible, setVisible] = useState(true)
  const [hidden, setHidden] = useState<ReadonlySet<number>>(new Set())
  const scale = Math.min(
    MOST.width / original.width,
    MOST.height / original.height,
    Math.max(1, 240 / Math.max(original.width, original.height)),
  )
  // a single mark needs no choice
  const chosen = drawn.length === 1 ? drawn[0] : drawn.find(({ number }) => number === selected)
  const toggle = (number: number): void => {
    const others = new Set(hidden)
    if (!others.delete(number)) others.add(number)
    setHidden(others)
  }

  return (
    <figure
      className="flex w-fit max-w-full flex-col overflow-hidden rounded-lg border border-hairline bg-mat"
      aria-label={plural(marks.length, { one: `${name} with one place marked`, other: `${name} with # places marked` })}
    >
      <div
        ref={frame}
        className="relative max-w-full"
        style={{ width: Math.round(original.width * scale), aspectRatio: `${original.width} / ${original.height}` }}
      >
        <img src={url} alt={name} draggable={false} className="block size-full" decoding="async" />
        {visible && shown.width > 0 ? (
          <MarkOverlay
            marks={drawn.filter(({ number }) => !hidden.has(number))}
            original={original}
            shown={shown}
            highlighted={highlighted !== null && numbers.includes(highlighted) ? highlighted : null}
            onHighlight={onHighlight}
            onSelect={onSelect}
          />
        ) : null}
      </div>
      {hasLegend ? (
        <MarkLegend
          marks={drawn}
          hidden={hidden}
          highlighted={highlighted}
          onHighlight={onHighlight}
          onSelect={onSelect}
          onToggle={toggle}
        />
      ) : null}
      <figcaption className="flex h-8 w-0 min-w-full items-center gap-0.5 border-t border-hairline bg-raised px-1.5">
        <span className="min-w-0 flex-1 truncate px-1 text-small text-muted">
          {number === null ? '' : `${mediumName('picture', number)} · `}
          {chosen ? nameOf(chosen) : name}
        </span>
        {onCrop && chosen?.shape.type === 'box' ? (
          <IconButton label={t`Ask about this part`} size="small" onClick={() => onCrop(chosen.number)}>
            <Crop />
          </IconButton>
        ) : null}
        {chosen && chosen.shape.type !== 'box' ? (
          <CopyPosition shape={chosen.shape} size={original} screen={picture.screen} />
        ) : null}
        {onInput ? (
          <IconButton label={t`What the model saw`} size="small" onClick={onInput}>
            <ScanEye />
          </IconButton>
        ) : null}
        <CopyMarksMenu picture={picture} />
        <ExportMarksMenu picture={picture} />
        <IconButton
          label={visible ? t`Hide the marks` : t`Show the marks`}
          size="small"
          aria-pressed={visible}
          onClick={() => setVisible(!visible)}
        >
          {visible ? <Eye /> : <EyeOff />}
        </IconButton>
      </figcaption>
    </figure>
  )
}

/** Copies where to click, as "x, y": in pixels of the screen that the picture was captured of, else of the picture. */
function CopyPosition({
  shape,
  size,
  screen,
}: {
  shape: Shape
  size: Size
  screen: ScreenPlace | undefined
}): ReactNode {
  const [copied, copy] = useCopied()
  const position = clickPosition(shape, size, screen)
  if (position === null) return null
  return (
    <IconButton
      label={copied ? t`Copied` : t`Copy click position`}
      hint={screen ? t`${position} in pixels of the screen` : t`${position} in pixels of the picture`}
      size="small"
      onClick={() => copy(position, t`Copied ${position}`)}
    >
      {copied ? <Check /> : <Crosshair />}
    </IconButton>
  )
}

/** Copies the coordinates of all marks, as JSON, in the space that is wanted. */
function CopyMarksMenu({ picture: { views, space, marks } }: { picture: Grounded }): ReactNode {
  const [copied, copy] = useCopied()
  const as = (map: (shape: Shape) => Shape, places: number): string =>
    JSON.stringify(marks.map(({ shape, label }) => ({ label, ...coordinates(map(shape), places) })))
  const spaces: readonly (readonly [string, () => string])[] = [
    [t`In pixels of the picture`, () => as((shape) => shape, 1)],
    [t`In shares of the picture, 0 to 1`, () => as((shape) => toShares(shape, views.original), 4)],
    [t`As the model counts`, () => as((shape) => toModel(shape, space, views), placesOf(space))],
  ]
  return (
    <Menu
      align="end"
      trigger={
        <MenuTrigger className={iconButtonClass('small')} aria-label={t`Copy coordinates`}>
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

function coordinates(shape: Shape, places: number): Partial<Record<Shape['type'], number[]>> {
  const values = shape.type === 'point' ? [shape.x, shape.y] : [shape.x1, shape.y1, shape.x2, shape.y2]
  return { [shape.type]: values.map((value) => Number(value.toFixed(places))) }
}

const FORMATS: readonly (readonly [MarkFormat, string])[] = [
  ['coco', 'COCO JSON'],
  ['csv', 'CSV'],
  ['yolo', 'YOLO'],
]

/** Saves the marks in a format of others, or drawn into the picture. */
function ExportMarksMenu({ picture: { name, url, views, marks } }: { picture: Grounded }): ReactNode {
  const save = (format: MarkFormat): void => {
    for (const file of exportMarks({ name, size: views.original, marks }, format))
      saveFile(file.name, new Blob([file.text], { type: file.mime }))
  }
  const savePicture = async (): Promise<void> => {
    try {
      saveFile(`${name.replace(/\.[^.]*$/, '')}-marked.png`, await annotatedPicture(url, views.original, marks))
    } catch (thrown) {
      announce(thrown instanceof Error ? thrown.message : t`The picture could not be saved.`)
    }
  }
  return (
    <Menu
      align="end"
      trigger={
        <MenuTrigger className={iconButtonClass('small')} aria-label={t`Export the marks`}>
          <Download />
        </MenuTrigger>
      }
    >
      {FORMATS.map(([format, label]) => (
        <MenuItem key={format} onSelect={() => save(format)}>
          {label}
        </MenuItem>
      ))}
      <MenuItem onSelect={() => void savePicture()}>{t`Picture with the marks (PNG)`}</MenuItem>
    </Menu>
  )
}
