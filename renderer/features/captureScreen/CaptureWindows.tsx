import { t } from '@lingui/core/macro'
import type { Progress, Region, ScreenPlace } from '#contract'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { call } from '../../lib/rpc.ts'
import { sendBytes } from '../../lib/upload.ts'
import { AskPanel } from './AskPanel.tsx'
import { PANEL } from './CaptureLayer.tsx'
import { RegionPicker } from './RegionPicker.tsx'
import { cropPng, lastRegion, openPixels, rememberRegion } from './capture.ts'
import { panelPlace } from './geometry.ts'

interface Screen {
  readonly picture: ImageBitmap
  /** Where the chosen part is posted. */
  readonly chosen: string
}

/** Ends the capture: when the user leaves it, and at any failure, which would leave a screen that does not answer. */
const cancel = (): void => void call((core) => core.capture.cancel()).catch(() => {})

async function openScreen(id: string): Promise<Screen> {
  const { address, chosen } = await call((core) => core.capture.screen({ id }))
  const response = await fetch(address)
  if (!response.ok) throw new Error(t`The picture of the screen is not there (status ${response.status}).`)
  return { picture: await openPixels(await response.blob()), chosen }
}

/** Posts the chosen part without a type of its own, which would need a preflight. */
async function takeRegion(id: string, { picture, chosen }: Screen, region: Region): Promise<void> {
  const png = await cropPng(picture, region)
  await sendBytes(chosen, new Blob([await png.arrayBuffer()]))
  rememberRegion(id, region)
  await call((core) => core.capture.choose({ id, region }))
}

/** A window that lies over one screen and shows what was on it; it is seen once it has painted that. */
export function OverlayWindow({ id }: { id: string }): ReactNode {
  const [screen, setScreen] = useState<Screen | null>(null)
  const [windows, setWindows] = useState<readonly Region[]>([])
  useEffect(() => {
    openScreen(id).then(setScreen, cancel)
    // Without them a region is drawn.
    call((core) => core.capture.windows({ id })).then(setWindows, () => {})
  }, [id])
  useEffect(() => {
    if (!screen) return
    // Two frames later what was rendered now is on the glass.
    const seen = (): void => void call((core) => core.capture.painted({ id })).catch(cancel)
    const frame = requestAnimationFrame(() => requestAnimationFrame(seen))
    const hidden = setTimeout(seen, 120)
    return () => {
      cancelAnimationFrame(frame)
      clearTimeout(hidden)
    }
  }, [screen, id])
  if (!screen) return null
  return (
    <RegionPicker
      picture={screen.picture}
      windows={windows}
      isScreen
      last={lastRegion(id)}
      delays={(delaySeconds) => void call((core) => core.capture.start({ delaySeconds })).catch(() => {})}
      onTake={(region) => void takeRegion(id, screen, region).catch(cancel)}
      onCancel={cancel}
    />
  )
}

interface Chosen {
  readonly png: Blob
  readonly width: number
  readonly height: number
  readonly screen: ScreenPlace
  /** Where it was on the desktop, and where the panel may be, in device-independent pixels. */
  readonly region: Region
  readonly area: Region
}

async function openChosen(): Promise<Chosen> {
  const { address, ...chosen } = await call((core) => core.capture.chosen())
  const response = await fetch(address)
  if (!response.ok) throw new Error(t`The chosen picture is not there (status ${response.status}).`)
  return { ...chosen, png: await response.blob() }
}

/** The ask panel in a small window of its own, beside the region on the desktop and as high as what it shows. */
export function PanelWindow({ progressText }: { progressText: (progress: Progress | undefined) => string }): ReactNode {
  const [chosen, setChosen] = useState<Chosen | null>(null)
  const frame = useRef<HTMLDivElement>(null)
  useEffect(() => {
    openChosen().then(setChosen, cancel)
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
            screen={chosen.screen}
            isWindow
            progressText={progressText}
            onClose={cancel}
            onOpen={(conversationId) => void call((core) => core.capture.open({ conversationId })).catch(() => {})}
          />
        ) : null}
      </div>
    </div>
  )
}
