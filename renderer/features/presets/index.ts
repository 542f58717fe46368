import { later } from '../../components/primitives/later.tsx'

export const PresetsDialog = later(() => import('./PresetsDialog.tsx').then(({ PresetsDialog }) => PresetsDialog))
