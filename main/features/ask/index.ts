export { createAsk } from './ask.ts'
export type { Ask, AskParts } from './ask.ts'
