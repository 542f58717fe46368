export * from './media.ts'
export type { Probe, RawFrame } from './protocol.ts'
