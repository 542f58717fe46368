import { useEffect, useState, type ReactNode } from 'react'
import type { Region } from '#contract'
import { call } from '../../lib/rpc.ts'
import { lastRegion, rememberRegion, cropPng, openPixels } from './regions.ts'
import { RegionPicker } from './RegionPicker.tsx'

interface Screen {
  readonly picture: ImageBitmap
  /** Where the chosen part is posted. */
  readonly chosen: string
}

/** Any failure here leaves the user before a screen that does not answer: the capture ends instead. */
const cancel = (): void => void call((core) => core.capture.cancel()).catch(() => {})

async function openScreen(id: string): Promise<Screen> {
  const { address, chosen } = await call((core) => core.capture.screen({ id }))
  const response = await fetch(address)
  if (!response.ok) throw new Error(`The picture of the screen is not there (status ${response.status}).`)
  return { picture: await openPixels(await response.blob()), chosen }
}

/** Posts the chosen part without a type of its own, which would need a preflight. */
async function takeRegion(id: string, { picture, chosen }: Screen, region: Region): Promise<void> {
  const png = await cropPng(picture, region)
  const response = await fetch(chosen, { method: 'POST', body: await png.arrayBuffer() })
  if (!response.ok) throw new Error(`The chosen part was not taken (status ${response.status}).`)
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
