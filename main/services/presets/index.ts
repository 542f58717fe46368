export { createPresets, readPresets } from './presets.ts'
export type { PresetsService } from './presets.ts'
