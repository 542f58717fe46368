import { later } from '../../components/primitives/later.tsx'

export const ProfilesSetting = later(() =>
  import('./ProfilesSetting.tsx').then(({ ProfilesSetting }) => ProfilesSetting),
)
