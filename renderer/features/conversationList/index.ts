export { Sidebar } from './Sidebar.tsx'
export { followConversations, useConversationList, useTitle } from './store.ts'
