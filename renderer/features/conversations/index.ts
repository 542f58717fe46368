export { Sidebar } from './Sidebar.tsx'
export { followConversations, useConversations, useTitle } from './store.ts'
