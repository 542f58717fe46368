export { ContextMeter } from './ContextMeter.tsx'
export { Conversation } from './Conversation.tsx'
export { progressText } from './answerText.ts'
export { followConversation, lastQuestion, stop, useOpenConversation, useStreamingAnswer } from './store.ts'
