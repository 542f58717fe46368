import { Dialog } from '@base-ui/react/dialog'
import {
  ChevronLeft,
  ChevronRight,
  CircleDot,
  Hand,
  Maximize,
  SquareDashed,
  X,
  ZoomIn,
  ZoomOut,
  type LucideIcon,
} from 'lucide-react'
import { useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import type { PictureMark } from '#contract'
import { cx } from '../../lib/cx.ts'
import { percent } from '../../lib/format.ts'
import { IconButton, iconButtonClass } from '../primitives/IconButton.tsx'
import type { Tool } from './marking.ts'
import { MarkingBar } from './MarkingBar.tsx'
import { MarkingLayer } from './MarkingLayer.tsx'
import { MarkOutlines } from './MarkOutlines.tsx'
import { PictureStage } from './PictureStage.tsx'
import type { View, ViewedPicture } from './viewerZoom.ts'

const tools: readonly (readonly [Tool, string, string, LucideIcon])[] = [
  ['move', 'Move the picture', 'V', Hand],
  ['box', 'Mark a box', 'B', SquareDashed],
  ['point', 'Mark a point', 'P', CircleDot],
]

/**
 * Shows pictures one at a time over the whole window, with zoom and pan, and what was drawn on them. `index` null:
 * closed.
 * `onMarks`: boxes and points can be drawn; unset: they are only shown.
 */
export function PictureViewer({
  pictures,
  index,
  onIndexChange,
  onMarks,
}: {
  pictures: readonly ViewedPicture[]
  index: number | null
  onIndexChange: (index: number | null) => void
  onMarks?: (index: number, marks: readonly PictureMark[]) => void
}): ReactNode {
  const [tool, setTool] = useState<Tool>('move')
  const popup = useRef<HTMLDivElement>(null)
  const [view, setView] = useState<View | null>(null)
  const [step, setStep] = useState<{ factor: number } | null>(null)
  const picture = index === null ? undefined : pictures[index]
  const marks = picture?.marks ?? []
  const go = (to: number | null): void => {
    setView(null)
    setStep(null)
    if (to === null) setTool('move')
    onIndexChange(to)
  }
  const turn = (by: number): void => {
    if (index !== null && pictures[index + by]) go(index + by)
  }
  const choose = (chosen: Tool): void => {
    setTool(chosen)
    // drawing can go on by keys from here
    if (chosen !== 'move')
      requestAnimationFrame(() => popup.current?.querySelector<HTMLElement>('[data-testid="marking-layer"]')?.focus())
  }
  const keys: Record<string, () => void> = {
    ArrowLeft: () => turn(-1),
    ArrowRight: () => turn(1),
    '+': () => setStep({ factor: 1.5 }),
    '=': () => setStep({ factor: 1.5 }),
    '-': () => setStep({ factor: 1 / 1.5 }),
    '0': () => setView(null),
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
                <Dialog.Title className="min-w-0 flex-1 truncate font-medium">{picture.name}</Dialog.Title>
                <Dialog.Description className="mr-2 hidden text-muted tabular-nums mid:block">
                  {picture.width} × {picture.height}
                  {view ? ` · ${percentOver(view.scale)}` : ' · Fit'}
                </Dialog.Description>
                {onMarks ? (
                  <div
                    role="group"
                    aria-label="Draw on the picture"
                    className="mr-2 flex gap-0.5 border-r border-hairline pr-2"
                  >
                    {tools.map(([name, label, key, Icon]) => (
                      <IconButton
                        key={name}
                        label={label}
                        hint={key}
                        aria-pressed={tool === name}
                        onClick={() => choose(name)}
                        className={cx(tool === name && 'bg-active text-ink')}
                      >
                        <Icon />
                      </IconButton>
                    ))}
                  </div>
                ) : null}
                {pictures.length > 1 ? (
                  <>
                    <IconButton label="Previous picture" disabled={index === 0} onClick={() => turn(-1)}>
                      <ChevronLeft />
                    </IconButton>
                    <IconButton label="Next picture" disabled={index === pictures.length - 1} onClick={() => turn(1)}>
                      <ChevronRight />
                    </IconButton>
                  </>
                ) : null}
                <IconButton label="Smaller" hint="−" onClick={() => setStep({ factor: 1 / 1.5 })}>
                  <ZoomOut />
                </IconButton>
                <IconButton label="Larger" hint="+" onClick={() => setStep({ factor: 1.5 })}>
                  <ZoomIn />
                </IconButton>
                <IconButton label="Fit" hint="0" onClick={() => setView(null)}>
                  <Maximize />
                </IconButton>
                <Dialog.Close className={iconButtonClass()} aria-label="Close">
                  <X />
                </Dialog.Close>
              </header>
              <PictureStage key={picture.url} picture={picture} view={view} onView={setView} step={step}>
                {(placement) =>
                  onMarks && index !== null ? (
                    <MarkingLayer
                      placement={placement}
                      tool={tool}
                      marks={marks}
                      onChange={(changed) => onMarks(index, changed)}
                    />
                  ) : (
                    <div className="pointer-events-none absolute" style={placement}>
                      <MarkOutlines marks={marks} labels />
                    </div>
                  )
                }
              </PictureStage>
              {onMarks && index !== null ? (
                <MarkingBar tool={tool} marks={marks} onChange={(changed) => onMarks(index, changed)} />
              ) : null}
            </>
          ) : null}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

const percentOver = (scale: number): string => (scale <= 1 ? percent(scale) : `${Math.round(scale * 100)}\u00a0%`)
