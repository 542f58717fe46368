import { create } from 'zustand'
import { defaultSettings, type ErrorInfo, type Settings, type SettingsChange } from '#contract'
import { toAppError } from '../../lib/errors.ts'
import { follow } from '../../lib/follow.ts'
import { call, connection } from '../../lib/rpc.ts'
import { useEffect } from 'react'
import { keepLanguage } from '../../lib/language.ts'
import { remember } from '../../lib/platform.ts'
import { applyTheme } from '../../lib/theme.ts'

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
