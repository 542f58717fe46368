export { ContextMeter } from './ContextMeter.tsx'
export { Conversation } from './Conversation.tsx'
export { progressText } from './progress.ts'
export { followConversation, stop, useRead, useStreamingAnswer } from './store.ts'
