export { SettingsDialog } from './SettingsDialog.tsx'
export { followSettings, updateSettings, useSettings, applyTheme, lastTheme, useTheme } from './store.ts'
