export * from './attachments.ts'
export type * from './types.ts'
