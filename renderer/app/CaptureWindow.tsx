import { useEffect } from 'react'
import type { ReactNode } from 'react'
import { LiveRegion } from '../components/primitives/Feedback.tsx'
import { OverlayWindow, PanelWindow } from '../features/captureScreen/index.ts'
import { progressText } from '../features/conversation/index.ts'
import { followSettings, useLanguage, useTheme } from '../features/settings/index.ts'
import { followEngine } from '../lib/engine.ts'
import { followHost } from '../lib/host.ts'
import { followProfiles } from '../lib/profiles.ts'

/** A window of a capture: over one screen, or the ask panel. */
export type CapturePlace = { readonly screen: string } | 'panel'

/** Which window of a capture an address is for; null: the main window's. */
export function capturePlace(hash: string): CapturePlace | null {
  if (hash === '#/ask') return 'panel'
  const screen = /^#\/capture\/(.+)$/.exec(hash)?.[1]
  return screen === undefined ? null : { screen: decodeURIComponent(screen) }
}

/** The content of a window of a capture, in the chosen theme. */
export function CaptureWindow({ place }: { place: CapturePlace }): ReactNode {
  useTheme()
  useLanguage()
  useEffect(() => {
    const stop = new AbortController()
    for (const follow of [followHost, followSettings]) void follow(stop.signal)
    // what the panel can ask the current model for
    if (place === 'panel') for (const follow of [followEngine, followProfiles]) void follow(stop.signal)
    return () => stop.abort()
  }, [place])
  return (
    <>
      {place === 'panel' ? <PanelWindow progressText={progressText} /> : <OverlayWindow id={place.screen} />}
      <LiveRegion />
    </>
  )
}
