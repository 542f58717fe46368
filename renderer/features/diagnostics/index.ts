import { later } from '../../components/primitives/later.tsx'

export const DiagnosticsDialog = later(() =>
  import('./DiagnosticsDialog.tsx').then(({ DiagnosticsDialog }) => DiagnosticsDialog),
)
