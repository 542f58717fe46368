export { Sidebar } from './Sidebar.tsx'
export { followConversations, isRemovedHere, useConversationList, useTitle } from './store.ts'
