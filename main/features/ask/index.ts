export { createAsk } from './ask.ts'
export type { Ask, AskParts, SecondModel } from './ask.ts'
export { ANSWER_ROOM, lowerDetail, withDetail } from './remedies.ts'
