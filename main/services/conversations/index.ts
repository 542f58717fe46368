export { createConversations } from './conversations.ts'
export type * from './types.ts'
