export { Sidebar } from './Sidebar.tsx'
export { TrashBanner } from './TrashBanner.tsx'
export { followConversations, isRemovedHere, useConversationList, useTitle } from './store.ts'
