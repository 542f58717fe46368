export { createCompare, IDLE_MS } from './compare.ts'
export type { Compare } from './compare.ts'
