export { createPresets, readPresets } from './presets.ts'
