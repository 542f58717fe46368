export { SettingsDialog } from './SettingsDialog.tsx'
export { followSettings, updateSettings, useSettings } from './store.ts'
export { applyTheme, lastTheme, useTheme } from './theme.ts'
