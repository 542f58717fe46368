export { ExportDialog } from './ExportDialog.tsx'
export type { ExportWish, Exportable } from './ExportDialog.tsx'
export { ImportDialog } from './ImportDialog.tsx'
