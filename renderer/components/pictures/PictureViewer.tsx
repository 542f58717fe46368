import { t } from '@lingui/core/macro'
import type { PictureMark } from '#contract'
import { Dialog } from '@base-ui/react/dialog'
import {
  ChevronLeft,
  ChevronRight,
  CircleDot,
  Crop,
  Hand,
  Maximize,
  ScanEye,
  SquareDashed,
  TextCursor,
  X,
  ZoomIn,
  ZoomOut,
} from 'lucide-react'
import type { LucideIcon } from 'lucide-react'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import type { KeyboardEvent, PointerEvent, ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'
import { mediumName } from '../../lib/conversation/numbers.ts'
import { percent } from '../../lib/format.ts'
import { IconButton, iconButtonClass } from '../primitives/Button.tsx'
import { later } from '../primitives/later.tsx'
import { MarkOutlines } from './MarkOutlines.tsx'
import { MarkingBar, MarkingLayer } from './MarkingLayer.tsx'
import type { Placement } from './MarkingLayer.tsx'
import { fitScale, zoomAt } from './viewerGeometry.ts'
import type { Tool, View, ViewedPicture } from './viewerGeometry.ts'

const PageTextLayer = later(
  () => import('./PageTextLayer.tsx').then(({ PageTextLayer }) => PageTextLayer),
  ({ sha }) => sha !== '',
)

const tools: readonly (readonly [Tool, string, string, LucideIcon])[] = [
  ['move', t`Move the picture`, 'V', Hand],
  ['box', t`Mark a box`, 'B', SquareDashed],
  ['point', t`Mark a point`, 'P', CircleDot],
]

/**
 * Shows pictures one at a time over the whole window, with zoom and pan, and what was drawn on them. `index` null:
 * closed. `onMarks`: boxes and points can be drawn; unset: they are only shown. `onCrop`: the part in the last box can be asked
 * about alone. `onInput`: shows what the model got of a picture instead; unset: that is not known. `onQuote`: puts words of a page
 * into the question.
 */
export function PictureViewer({
  pictures,
  index,
  onIndexChange,
  onMarks,
  onCrop,
  onInput,
  onQuote,
}: {
  pictures: readonly ViewedPicture[]
  index: number | null
  onIndexChange: (index: number | null) => void
  onMarks?: ((index: number, marks: readonly PictureMark[]) => void) | undefined
  onCrop?: ((index: number, box: Extract<PictureMark, { type: 'box' }>) => void) | undefined
  onInput?: (index: number) => void
  onQuote?: ((text: string) => void) | undefined
}): ReactNode {
  const [tool, setTool] = useState<Tool>('move')
  const [isReading, setReading] = useState(false)
  const popup = useRef<HTMLDivElement>(null)
  const [view, setView] = useState<View | null>(null)
  const [step, setStep] = useState<{ factor: number } | null>(null)
  const picture = index === null ? undefined : pictures[index]
  const marks = picture?.marks ?? []
  const sent = picture?.sentMarks ?? []
  const box = marks.findLast((mark) => mark.type === 'box')
  const go = (to: number | null): void => {
    setView(null)
    setStep(null)
    if (to === null) {
      setTool('move')
      setReading(false)
    }
    onIndexChange(to)
  }
  const turn = (by: number): void => {
    if (index !== null && pictures[index + by]) go(index + by)
  }
  const showInput = (show: (index: number) => void): void => {
    if (index === null) return
    go(null)
    show(index)
  }
  const choose = (chosen: Tool): void => {
    setTool(chosen)
    setReading(false)
    // drawing can go on by keys from here
    if (chosen !== 'move')
      requestAnimationFrame(() => popup.current?.querySelector<HTMLElement>('[data-testid="marking-layer"]')?.focus())
  }
  const read = (): void => {
    setTool('move')
    setReading(!isReading)
  }
  const words = picture?.textOf
  const keys: Record<string, () => void> = {
    ArrowLeft: () => turn(-1),
    ArrowRight: () => turn(1),
    '+': () => setStep({ factor: 1.5 }),
    '=': () => setStep({ factor: 1.5 }),
    '-': () => setStep({ factor: 1 / 1.5 }),
    '0': () => setView(null),
    ...(onInput && { s: () => showInput(onInput) }),
    ...(words !== undefined && { t: read }),
    ...(onMarks && Object.fromEntries(tools.map(([name, , key]) => [key.toLowerCase(), () => choose(name)]))),
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const isTyping = event.target instanceof HTMLInputElement
    const action = event.ctrlKey || event.metaKey || isTyping ? undefined : keys[event.key]
    if (!action) return
    event.preventDefault()
    action()
  }
  return (
    <Dialog.Root open={picture !== undefined} onOpenChange={(open) => !open && go(null)}>
      <Dialog.Portal>
        <Dialog.Popup
          ref={popup}
          initialFocus={popup}
          className="fixed inset-0 flex flex-col bg-mat text-ink outline-none"
          onKeyDown={onKeyDown}
        >
          {picture ? (
            <>
              <header className="flex h-12 shrink-0 items-center gap-1 border-b border-hairline bg-canvas pr-2 pl-4">
                <Dialog.Title className="min-w-0 flex-1 truncate font-medium">
                  {picture.number ? `${mediumName('picture', picture.number)} · ` : ''}
                  {picture.name}
                </Dialog.Title>
                <Dialog.Description className="mr-2 hidden text-muted tabular-nums mid:block">
                  {picture.width} × {picture.height}
                  {` · ${view ? percentOver(view.scale) : t`Fit`}`}
                </Dialog.Description>
                {onMarks ? (
                  <div
                    role="group"
                    aria-label={t`Draw on the picture`}
                    className="mr-2 flex gap-0.5 border-r border-hairline pr-2"
                  >
                    {tools.map(([name, label, key, Icon]) => (
                      <IconButton
                        key={name}
                        label={label}
                        hint={key}
                        aria-pressed={tool === name && !isReading}
                        onClick={() => choose(name)}
                        className={cx(tool === name && !isReading && 'bg-active text-ink')}
                      >
                        <Icon />
                      </IconButton>
                    ))}
                    {onCrop && index !== null ? (
                      <IconButton
                        label={box ? t`Ask about the part in the box` : t`Ask about a part: mark a box first`}
                        disabled={!box}
                        onClick={() => box && onCrop(index, box)}
                      >
                        <Crop />
                      </IconButton>
                    ) : null}
                  </div>
                ) : null}
                {words === undefined ? null : (
                  <IconButton
                    label={t`Select text`}
                    hint="T"
                    aria-pressed={isReading}
                    onClick={read}
                    className={cx(isReading && 'bg-active text-ink')}
                  >
                    <TextCursor />
                  </IconButton>
                )}
                {onInput ? (
                  <IconButton label={t`What the model saw`} hint="S" onClick={() => showInput(onInput)}>
                    <ScanEye />
                  </IconButton>
                ) : null}
                {pictures.length > 1 ? (
                  <>
                    <IconButton label={t`Previous picture`} disabled={index === 0} onClick={() => turn(-1)}>
                      <ChevronLeft />
                    </IconButton>
                    <IconButton
                      label={t`Next picture`}
                      disabled={index === pictures.length - 1}
                      onClick={() => turn(1)}
                    >
                      <ChevronRight />
                    </IconButton>
                  </>
                ) : null}
                <IconButton label={t`Smaller`} hint="−" onClick={() => setStep({ factor: 1 / 1.5 })}>
                  <ZoomOut />
                </IconButton>
                <IconButton label={t`Larger`} hint="+" onClick={() => setStep({ factor: 1.5 })}>
                  <ZoomIn />
                </IconButton>
                <IconButton label={t`Fit`} hint="0" onClick={() => setView(null)}>
                  <Maximize />
                </IconButton>
                <Dialog.Close className={iconButtonClass()} aria-label={t`Close`}>
                  <X />
                </Dialog.Close>
              </header>
              <PictureStage key={picture.url} picture={picture} view={view} onView={setView} step={step}>
                {(placement) => (
                  <>
                    <div className="pointer-events-none absolute" style={placement}>
                      <MarkOutlines marks={onMarks ? sent : [...sent, ...marks]} labels />
                    </div>
                    {onMarks && index !== null ? (
                      <MarkingLayer
                        placement={placement}
                        tool={tool}
                        marks={marks}
                        others={sent}
                        onChange={(changed) => onMarks(index, changed)}
                      />
                    ) : null}
                    {isReading && words !== undefined ? (
                      <PageTextLayer
                        key={words}
                        sha={words}
                        size={picture}
                        placement={placement}
                        onQuote={
                          onQuote &&
                          ((text) => {
                            go(null)
                            onQuote(text)
                          })
                        }
                      />
                    ) : null}
                  </>
                )}
              </PictureStage>
              {onMarks && index !== null ? (
                <MarkingBar tool={tool} marks={marks} others={sent} onChange={(changed) => onMarks(index, changed)} />
              ) : null}
            </>
          ) : null}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

const percentOver = (scale: number): string => (scale <= 1 ? percent(scale) : `${Math.round(scale * 100)}\u00a0%`)

/**
 * The area of the viewer in which a picture lies: the wheel zooms at the pointer, dragging moves it, a double click
 * goes between fitted and full size. `view` null: fitted. Each new `step` zooms once about the centre. `children` is
 * called with the place of the picture and lies over it.
 */
function PictureStage({
  picture,
  view,
  onView,
  step,
  children,
}: {
  picture: ViewedPicture
  view: View | null
  onView: (view: View | null) => void
  step: { factor: number } | null
  children?: (placement: Placement) => ReactNode
}): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const drag = useRef<{ x: number; y: number } | null>(null)
  const [size, setSize] = useState({ width: 0, height: 0 })
  const fitted = size.width > 0 ? fitScale(picture, { width: size.width - 48, height: size.height - 48 }) : 0
  const shown = view ?? { scale: fitted, x: 0, y: 0 }
  const [width, height] = [picture.width * shown.scale, picture.height * shown.scale]
  const placement = {
    left: (size.width - width) / 2 + shown.x,
    top: (size.height - height) / 2 + shown.y,
    width,
    height,
  }

  const zoom = useEffectEvent((factor: number, pointer = { x: 0, y: 0 }) =>
    onView(zoomAt(shown, factor, pointer, fitted)),
  )
  const offCentre = (event: { clientX: number; clientY: number }): { x: number; y: number } => {
    const area = box.current?.getBoundingClientRect()
    return area
      ? { x: event.clientX - area.left - area.width / 2, y: event.clientY - area.top - area.height / 2 }
      : { x: 0, y: 0 }
  }
  const onWheel = useEffectEvent((event: WheelEvent) => {
    event.preventDefault()
    zoom(Math.exp(-event.deltaY / 300), offCentre(event))
  })

  useEffect(() => {
    if (step) zoom(step.factor)
  }, [step])

  useEffect(() => {
    const element = box.current
    if (!element) return
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }))
    observer.observe(element)
    const wheel = (event: WheelEvent): void => onWheel(event)
    element.addEventListener('wheel', wheel, { passive: false })
    return () => {
      observer.disconnect()
      element.removeEventListener('wheel', wheel)
    }
  }, [])

  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    drag.current = { x: event.clientX - shown.x, y: event.clientY - shown.y }
  }
  const onPointerMove = (event: PointerEvent): void => {
    if (drag.current) onView({ ...shown, x: event.clientX - drag.current.x, y: event.clientY - drag.current.y })
  }
  const onPointerEnd = (): void => {
    drag.current = null
  }
  return (
    <div
      ref={box}
      className="relative min-h-0 flex-1 touch-none overflow-hidden active:cursor-grabbing"
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerEnd}
      onPointerCancel={onPointerEnd}
      onDoubleClick={(event) => onView(view ? null : zoomAt(shown, 1 / shown.scale, offCentre(event), fitted))}
    >
      <img
        src={picture.url}
        alt={picture.name}
        draggable={false}
        className="absolute top-1/2 left-1/2 max-w-none select-none"
        style={{
          width: picture.width,
          height: picture.height,
          transform: `translate(calc(-50% + ${shown.x}px), calc(-50% + ${shown.y}px)) scale(${shown.scale})`,
          imageRendering: shown.scale >= 3 ? 'pixelated' : 'auto',
        }}
      />
      {size.width > 0 ? children?.(placement) : null}
    </div>
  )
}
