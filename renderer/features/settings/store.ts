import { create } from 'zustand'
import { defaultSettings, type ErrorInfo, type Settings, type SettingsChange } from '#contract'
import { toAppError } from '../../lib/errors.ts'
import { follow } from '../../lib/follow.ts'
import { call, connection } from '../../lib/rpc.ts'
import { useEffect } from 'react'
import { keepLanguage } from '../../lib/language.ts'
import { recall, remember } from '../../lib/platform.ts'

/** The user's settings as stored; `error` is about the last change. */
export const useSettings = create<{ settings: Settings; loaded: boolean; error: ErrorInfo | null }>(() => ({
  settings: defaultSettings,
  loaded: false,
  error: null,
}))

/** Keeps the settings up to date until `signal` aborts. */
export const followSettings = (signal: AbortSignal): Promise<void> =>
  follow<Settings>({
    connection,
    signal,
    subscribe: (core, round) => core.settings.watch(undefined, { signal: round }),
    onEvent: (settings) => useSettings.setState({ settings, loaded: true }),
  })

/** Changes settings: shown at once, stored by the core, and taken back with the reason when it refuses. */
export async function updateSettings(change: SettingsChange): Promise<void> {
  const before = useSettings.getState().settings
  useSettings.setState({ settings: { ...before, ...change }, error: null })
  try {
    useSettings.setState({ settings: await call((core) => core.settings.update(change)) })
  } catch (thrown) {
    useSettings.setState({ settings: before, error: toAppError(thrown).toInfo() })
  }
}

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

/** Keeps the window in the chosen language, by loading it again where it shows another one. */
export function useLanguage(): void {
  const language = useSettings((state) => (state.loaded ? state.settings.language : null))
  useEffect(() => {
    if (language !== null) keepLanguage(language)
  }, [language])
}
