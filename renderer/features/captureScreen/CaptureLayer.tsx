import { t } from '@lingui/core/macro'
import type { Progress } from '#contract'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { Button } from '../../components/primitives/Button.tsx'
import { DialogFrame } from '../../components/primitives/Dialog.tsx'
import { call } from '../../lib/rpc.ts'
import { AskPanel } from './AskPanel.tsx'
import { RegionPicker } from './RegionPicker.tsx'
import { OWN_SCREEN, cancelOwn, lastRegion, startCapture, takeOwn, useCapture } from './capture.ts'
import type { WindowCapture } from './capture.ts'
import { panelPlace } from './geometry.ts'

/** The panel's width and the most it grows to, in CSS pixels. */
export const PANEL = { width: 400, height: 560 }

type ProgressText = (progress: Progress | undefined) => string

/** The parts of a capture over the main window: countdown, region picker, ask panel, and the reason when it failed. */
export function CaptureLayer({
  progressText,
  onOpen,
}: {
  progressText: ProgressText
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
  progressText: ProgressText
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
        screen={capture.screen}
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
    <DialogFrame open={open} onOpenChange={(next) => next || cancelOwn()} title={t`Capture the screen`}>
      <p className="mb-4 max-w-[60ch] text-muted">
        {t`The system asks which screen or window Sightline may see. Then you choose a region here.`}
      </p>
      <Button kind="primary" onClick={() => void startCapture()}>
        {t`Choose what to show`}
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
      title={t`The screen was not captured`}
    >
      <p className="mb-4 max-w-[60ch]">{problem?.message}</p>
      {shell?.access === 'denied' ? (
        <Button kind="primary" onClick={() => void call((core) => core.capture.openSettings()).catch(() => {})}>
          {t`Open the system’s settings`}
        </Button>
      ) : null}
    </DialogFrame>
  )
}

const left = (until: number): number => Math.max(0, Math.ceil((until - Date.now()) / 1_000))

/** The countdown until the screen is captured, with a button that cancels it. `until` is in ms since 1970. */
function Countdown({ until, onCancel }: { until: number; onCancel: () => void }): ReactNode {
  const [seconds, setSeconds] = useState(() => left(until))
  useEffect(() => {
    const timer = setInterval(() => setSeconds(left(until)), 200)
    return () => clearInterval(timer)
  }, [until])
  return (
    <div
      role="status"
      data-testid="countdown"
      className="fixed bottom-4 left-1/2 z-40 flex -translate-x-1/2 items-center gap-3 rounded-lg border border-hairline bg-raised py-1.5 pr-1.5 pl-4 shadow-float"
    >
      <span className="tabular-nums">{t`The screen is captured in ${seconds} s`}</span>
      <Button onClick={onCancel}>{t`Cancel`}</Button>
    </div>
  )
}
