import type { ReactNode } from 'react'
import { ShortcutSetting } from '../features/captureScreen/index.ts'
import { updateSettings, useSettings } from '../features/settings/index.ts'
import { useHost } from '../lib/host.ts'

/** The keys that capture the screen, kept in the settings; nothing where the shell does not capture it. */
export function CaptureShortcut(): ReactNode {
  const captures = useHost((state) => state.host?.capabilities.capture ?? false)
  const keys = useSettings((state) => state.settings.captureShortcut)
  if (!captures) return null
  return <ShortcutSetting value={keys} onChange={(captureShortcut) => void updateSettings({ captureShortcut })} />
}
