export { createAsk } from './ask.ts'
export { createComposing } from './drafts.ts'
export type { Ask, AskParts, SecondModel } from './ask.ts'
export { lowerDetail, withDetail } from './remedies.ts'
