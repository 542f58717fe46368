export { tryProjectors } from './tryProjectors.ts'
export type { Trial } from './tryProjectors.ts'
