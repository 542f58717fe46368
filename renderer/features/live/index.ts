import { later } from '../../components/primitives/later.tsx'
import { useLive } from './store.ts'

export const LiveMenu = later(() => import('./LiveMenu.tsx').then(({ LiveMenu }) => LiveMenu))
export const LivePanel = later(
  () => import('./LivePanel.tsx').then(({ LivePanel }) => LivePanel),
  () => useLive(({ source, error, choices }) => source !== null || error !== null || choices !== null),
)
