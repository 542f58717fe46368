import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react'
import type { Progress, Region } from '#contract'
import { call } from '../../lib/rpc.ts'
import { AskPanel } from './AskPanel.tsx'
import { PANEL } from './CaptureLayer.tsx'
import { panelPlace } from './geometry.ts'

interface Chosen {
  readonly png: Blob
  readonly width: number
  readonly height: number
  /** Where it was on the desktop, and where the panel may be, in device-independent pixels. */
  readonly region: Region
  readonly area: Region
}

const close = (): void => void call((core) => core.capture.cancel()).catch(() => {})

async function openChosen(): Promise<Chosen> {
  const { address, ...chosen } = await call((core) => core.capture.chosen())
  const response = await fetch(address)
  if (!response.ok) throw new Error(`The chosen picture is not there (status ${response.status}).`)
  return { ...chosen, png: await response.blob() }
}

/** The ask panel in a small window of its own, beside the region on the desktop and as high as what it shows. */
export function PanelWindow({ progressText }: { progressText: (progress: Progress | undefined) => string }): ReactNode {
  const [chosen, setChosen] = useState<Chosen | null>(null)
  const frame = useRef<HTMLDivElement>(null)
  useEffect(() => {
    openChosen().then(setChosen, close)
  }, [])
  useLayoutEffect(() => {
    const element = frame.current
    if (!element || !chosen) return
    const place = (): void => {
      const size = { width: PANEL.width, height: element.offsetHeight }
      void call((core) => core.capture.placePanel(panelPlace(chosen.region, chosen.area, size, PANEL))).catch(() => {})
    }
    const observer = new ResizeObserver(place)
    observer.observe(element)
    return () => observer.disconnect()
  }, [chosen])
  return (
    <div className="h-full overflow-hidden border border-hairline bg-raised">
      <div ref={frame} className="p-px">
        {chosen ? (
          <AskPanel
            png={chosen.png}
            size={chosen}
            isWindow
            progressText={progressText}
            onClose={close}
            onOpen={(conversationId) => void call((core) => core.capture.open({ conversationId })).catch(() => {})}
          />
        ) : null}
      </div>
    </div>
  )
}
