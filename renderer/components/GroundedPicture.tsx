import { Check, Copy, Crop, Download, Eye, EyeOff } from 'lucide-react'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { announce } from '../lib/announce.ts'
import { exportMarks, toModel, toShares, type Mark, type MarkFormat, type Shape, type Size, type Space, type Views } from '../lib/grounding/index.ts'
import { saveFile } from '../lib/saveFile.ts'
import { useCopied } from '../lib/useCopied.ts'
import { annotatedPicture } from './annotatedPicture.ts'
import { IconButton, iconButtonClass } from './IconButton.tsx'
import { MarkOverlay } from './MarkOverlay.tsx'
import { Menu, MenuItem, MenuTrigger } from './Menu.tsx'

/** Most px that the picture takes in the window. */
const MOST = { width: 640, height: 480 }
const FORMATS: readonly (readonly [MarkFormat, string])[] = [['coco', 'COCO JSON'], ['csv', 'CSV'], ['yolo', 'YOLO']]

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

/** The picture with what the answer found on it, and what can be done with that. */
export function GroundedPicture({
  picture,
  highlighted,
  onHighlight,
  onCrop,
}: {
  picture: Grounded
  highlighted: number | null
  onHighlight: (index: number | null) => void
  onCrop?: (index: number) => void
}): ReactNode {
  const { name, url, views, marks, numbers } = picture
  const drawn = marks.map(({ shape, label }, i) => ({ shape, label, number: numbers[i]! }))
  const frame = useRef<HTMLDivElement>(null)
  const [shown, setShown] = useState<Size>({ width: 0, height: 0 })
  const [visible, setVisible] = useState(true)
  const scale = Math.min(MOST.width / views.original.width, MOST.height / views.original.height, Math.max(1, 240 / Math.max(views.original.width, views.original.height)))

  useEffect(() => {
    const element = frame.current
    if (!element) return
    const observer = new ResizeObserver(() => setShown({ width: element.clientWidth, height: element.clientHeight }))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  return (
    <figure className="flex w-fit max-w-full flex-col overflow-hidden rounded-lg border border-hairline bg-mat" aria-label={`${name} with ${marks.length === 1 ? 'one place' : `${marks.length} places`} marked`}>
      <div ref={frame} className="relative max-w-full" style={{ width: Math.round(views.original.width * scale), aspectRatio: `${views.original.width} / ${views.original.height}` }}>
        <img src={url} alt={name} draggable={false} className="block size-full" decoding="async" />
        {visible && shown.width > 0 ? <MarkOverlay marks={drawn} original={views.original} shown={shown} highlighted={highlighted} onHighlight={onHighlight} /> : null}
      </div>
      <figcaption className="flex h-8 items-center gap-0.5 border-t border-hairline bg-raised px-1.5">
        <span className="min-w-0 flex-1 truncate px-1 text-small text-muted">{name}</span>
        {onCrop && highlighted !== null && numbers.includes(highlighted) ? (
          <IconButton label="Ask about this part" size="small" onClick={() => onCrop(highlighted)}>
            <Crop />
          </IconButton>
        ) : null}
        <CopyMenu picture={picture} />
        <ExportMenu picture={picture} />
        <IconButton label={visible ? 'Hide the marks' : 'Show the marks'} size="small" aria-pressed={visible} onClick={() => setVisible(!visible)}>
          {visible ? <Eye /> : <EyeOff />}
        </IconButton>
      </figcaption>
    </figure>
  )
}

/** Copies the coordinates of all marks, as JSON, in the space that is wanted. */
function CopyMenu({ picture: { views, space, marks } }: { picture: Grounded }): ReactNode {
  const [copied, copy] = useCopied()
  const as = (map: (shape: Shape) => Shape, places: number): string => JSON.stringify(marks.map(({ shape, label }) => ({ label, ...coordinates(map(shape), places) })))
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
  return shape.type === 'point' ? { point: [round(shape.x), round(shape.y)] } : { box: [round(shape.x1), round(shape.y1), round(shape.x2), round(shape.y2)] }
}

function ExportMenu({ picture: { name, url, views, marks } }: { picture: Grounded }): ReactNode {
  const save = (format: MarkFormat): void => {
    for (const file of exportMarks({ name, size: views.original, marks }, format)) saveFile(file.name, new Blob([file.text], { type: file.mime }))
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
