export { DemoNotice, EngineBanner } from './EngineBanner.tsx'
export { ModelChip } from './ModelChip.tsx'
