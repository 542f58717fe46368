import { later } from '../../components/primitives/later.tsx'

export const SettingsDialog = later(() => import('./SettingsDialog.tsx').then(({ SettingsDialog }) => SettingsDialog))
export { followSettings, updateSettings, useSettings, applyTheme, lastTheme, useTheme } from './store.ts'
