import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react'
import type { Progress } from '#contract'
import { Button } from '../../components/primitives/Button.tsx'
import { DialogFrame } from '../../components/primitives/DialogFrame.tsx'
import { call } from '../../lib/rpc.ts'
import { cancelOwn, OWN_SCREEN, startCapture, takeOwn } from './actions.ts'
import { AskPanel } from './AskPanel.tsx'
import { Countdown } from './Countdown.tsx'
import { lastRegion } from './lastRegion.ts'
import { panelPlace } from './placement.ts'
import { RegionPicker } from './RegionPicker.tsx'
import { useCapture, type WindowCapture } from './store.ts'

/** The panel's width and the most it grows to, in CSS pixels. */
export const PANEL = { width: 400, height: 560 }

type Words = (progress: Progress | undefined) => string

/** What a capture shows over the main window: a countdown, the region picker, the ask panel, and why it failed. */
export function CaptureLayer({
  progressText,
  onOpen,
}: {
  progressText: Words
  onOpen: (conversationId: string) => void
}): ReactNode {
  const own = useCapture((state) => state.own)
  return (
    <>
      {own.phase === 'waiting' ? <Countdown until={own.until} onCancel={cancelOwn} /> : null}
      {own.phase === 'picking' ? (
        <RegionPicker
          picture={own.picture}
          isScreen={false}
          last={lastRegion(OWN_SCREEN)}
          onTake={(region, shown) => void takeOwn(region, shown)}
          onCancel={cancelOwn}
        />
      ) : null}
      {own.phase === 'asking' ? <FloatingPanel capture={own} progressText={progressText} onOpen={onOpen} /> : null}
      <OfferDialog open={own.phase === 'offered'} />
      <ProblemDialog />
    </>
  )
}

/** The ask panel beside where the region was in the window. */
function FloatingPanel({
  capture,
  progressText,
  onOpen,
}: {
  capture: Extract<WindowCapture, { phase: 'asking' }>
  progressText: Words
  onOpen: (conversationId: string) => void
}): ReactNode {
  const frame = useRef<HTMLDivElement>(null)
  const [height, setHeight] = useState(220)
  const [area, setArea] = useState(() => ({ width: window.innerWidth, height: window.innerHeight }))
  useLayoutEffect(() => {
    const element = frame.current
    if (!element) return
    const observer = new ResizeObserver(() => setHeight(element.offsetHeight))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  useEffect(() => {
    const resize = (): void => setArea({ width: window.innerWidth, height: window.innerHeight })
    window.addEventListener('resize', resize)
    return () => window.removeEventListener('resize', resize)
  }, [])
  const width = Math.min(PANEL.width, area.width - 16)
  const place = panelPlace(capture.near, { x: 0, y: 0, ...area }, { width, height }, PANEL)
  return (
    <div
      ref={frame}
      className="fixed z-30 overflow-hidden rounded-lg border border-hairline bg-raised shadow-float"
      style={{ left: place.x, top: place.y, width }}
    >
      <AskPanel
        png={capture.png}
        size={capture}
        isWindow={false}
        progressText={progressText}
        onClose={cancelOwn}
        onOpen={(conversationId) => {
          cancelOwn()
          onOpen(conversationId)
        }}
      />
    </div>
  )
}

function OfferDialog({ open }: { open: boolean }): ReactNode {
  return (
    <DialogFrame open={open} onOpenChange={(next) => next || cancelOwn()} title="Capture the screen">
      <p className="mb-4 max-w-[60ch] text-muted">
        The system asks which screen or window Sightline may see. Then you choose a region here.
      </p>
      <Button kind="primary" onClick={() => void startCapture()}>
        Choose what to show
      </Button>
    </DialogFrame>
  )
}

function ProblemDialog(): ReactNode {
  const problem = useCapture((state) => state.problem)
  const shell = useCapture((state) => state.shell)
  return (
    <DialogFrame
      open={problem !== null}
      onOpenChange={(next) => next || useCapture.setState({ problem: null })}
      title="The screen was not captured"
    >
      <p className="mb-4 max-w-[60ch]">{problem?.message}</p>
      {shell?.access === 'denied' ? (
        <Button kind="primary" onClick={() => void call((core) => core.capture.openSettings()).catch(() => {})}>
          Open the system’s settings
        </Button>
      ) : null}
    </DialogFrame>
  )
}
