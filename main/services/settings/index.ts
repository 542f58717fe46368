export { createSettings } from './settings.ts'
export type { SettingsService } from './settings.ts'
