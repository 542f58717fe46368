export { Sidebar } from './Sidebar.tsx'
export { TrashBanner } from './TrashBanner.tsx'
export { followFolders } from './folders.ts'
export { followConversations, isRemovedHere, useConversationList, useTitle } from './store.ts'
