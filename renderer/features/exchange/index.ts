import { later } from '../../components/primitives/later.tsx'

export const ExportDialog = later(
  () => import('./ExportDialog.tsx').then(({ ExportDialog }) => ExportDialog),
  ({ wish }) => wish !== null,
)
export const ImportDialog = later(() => import('./ImportDialog.tsx').then(({ ImportDialog }) => ImportDialog))
export type { ExportWish, Exportable } from './ExportDialog.tsx'
