import { later } from '../../components/primitives/later.tsx'

export { Sidebar } from './Sidebar.tsx'
export const TrashBanner = later(() => import('./TrashBanner.tsx').then(({ TrashBanner }) => TrashBanner))
export { followFolders } from './folders.ts'
export { followConversations, isRemovedHere, useConversationList, useTitle } from './store.ts'
