export { createAsk } from './ask.ts'
export type { Ask, AskParts, SecondModel } from './ask.ts'
