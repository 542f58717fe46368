export { ContextMeter } from './ContextMeter.tsx'
export { Conversation } from './Conversation.tsx'
export { followConversation, stop, useRead, useStreamingAnswer } from './store.ts'
