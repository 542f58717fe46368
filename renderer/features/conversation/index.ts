import { later } from '../../components/primitives/later.tsx'

export const Conversation = later(() => import('./Conversation.tsx').then(({ Conversation }) => Conversation))
export { ContextMeter } from './ContextMeter.tsx'
export { progressText } from './answerText.ts'
export {
  followConversation,
  lastQuestion,
  loadWholePath,
  stop,
  useMediaCount,
  useOpenConversation,
  useStreamingAnswer,
} from './store.ts'
