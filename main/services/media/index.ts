export * from './media.ts'
export type { Probe } from './protocol.ts'
