import { later } from '../../components/primitives/later.tsx'

export const SettingsDialog = later(() => import('./SettingsDialog.tsx').then(({ SettingsDialog }) => SettingsDialog))
export { followSettings, updateSettings, useSettings, applyTheme, lastTheme, useLanguage, useTheme } from './store.ts'
