import { later } from '../../components/primitives/later.tsx'

export const FirstRun = later(() => import('./FirstRun.tsx').then(({ FirstRun }) => FirstRun))
