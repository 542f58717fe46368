export { ProfilesSetting } from './ProfilesSetting.tsx'
