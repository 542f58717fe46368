import { Dialog } from '@base-ui/react/dialog'
import { ChevronLeft, ChevronRight, Maximize, X, ZoomIn, ZoomOut } from 'lucide-react'
import { useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { percent } from '../lib/format.ts'
import { IconButton, iconButtonClass } from './IconButton.tsx'
import { PictureStage } from './PictureStage.tsx'
import type { View, ViewedPicture } from './viewerZoom.ts'

/** Shows pictures one at a time over the whole window, with zoom and pan. `index` null: closed. */
export function PictureViewer({
  pictures,
  index,
  onIndexChange,
}: {
  pictures: readonly ViewedPicture[]
  index: number | null
  onIndexChange: (index: number | null) => void
}): ReactNode {
  const popup = useRef<HTMLDivElement>(null)
  const [view, setView] = useState<View | null>(null)
  const [step, setStep] = useState<{ factor: number } | null>(null)
  const picture = index === null ? undefined : pictures[index]
  const go = (to: number | null): void => {
    setView(null)
    setStep(null)
    onIndexChange(to)
  }
  const turn = (by: number): void => {
    if (index !== null && pictures[index + by]) go(index + by)
  }
  const keys: Record<string, () => void> = {
    ArrowLeft: () => turn(-1),
    ArrowRight: () => turn(1),
    '+': () => setStep({ factor: 1.5 }),
    '=': () => setStep({ factor: 1.5 }),
    '-': () => setStep({ factor: 1 / 1.5 }),
    '0': () => setView(null),
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const action = event.ctrlKey || event.metaKey ? undefined : keys[event.key]
    if (!action) return
    event.preventDefault()
    action()
  }
  return (
    <Dialog.Root open={picture !== undefined} onOpenChange={(open) => !open && go(null)}>
      <Dialog.Portal>
        <Dialog.Popup ref={popup} initialFocus={popup} className="fixed inset-0 flex flex-col bg-mat text-ink outline-none" onKeyDown={onKeyDown}>
          {picture ? (
            <>
              <header className="flex h-12 shrink-0 items-center gap-1 border-b border-hairline bg-canvas pr-2 pl-4">
                <Dialog.Title className="min-w-0 flex-1 truncate font-medium">{picture.name}</Dialog.Title>
                <Dialog.Description className="mr-2 hidden text-muted tabular-nums mid:block">
                  {picture.width} × {picture.height}
                  {view ? ` · ${percentOver(view.scale)}` : ' · Fit'}
                </Dialog.Description>
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
              <PictureStage key={picture.url} picture={picture} view={view} onView={setView} step={step} />
            </>
          ) : null}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

const percentOver = (scale: number): string => (scale <= 1 ? percent(scale) : `${Math.round(scale * 100)}\u00a0%`)
