import { create } from 'zustand'
import { defaultSettings, type ErrorInfo, type Settings, type SettingsChange } from '#contract'
import { toAppError } from '../../lib/errors.ts'
import { follow } from '../../lib/follow.ts'
import { call, connection } from '../../lib/rpc.ts'

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
