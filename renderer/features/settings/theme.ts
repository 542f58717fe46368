import { useEffect } from 'react'
import type { Settings } from '#contract'
import { recall, remember } from '../../lib/platform.ts'
import { useSettings } from './store.ts'

/** Shows a theme: `system` leaves the choice to the operating system. */
export function applyTheme(theme: string | null): void {
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme
  else delete document.documentElement.dataset['theme']
}

/** The theme of the last visit, so that the window does not start in the wrong one. */
export const lastTheme = (): string | null => recall('theme')

/** Keeps the window in the chosen theme. */
export function useTheme(): void {
  const theme: Settings['theme'] = useSettings((state) => state.settings.theme)
  const loaded = useSettings((state) => state.loaded)
  useEffect(() => {
    if (!loaded) return
    remember('theme', theme)
    applyTheme(theme)
  }, [theme, loaded])
}
