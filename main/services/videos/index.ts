export type * from './types.ts'
export { createFrameSets } from './frameSets.ts'
export type { FrameSetsOptions } from './frameSets.ts'
