export { DemoNotice } from './EngineBanner.tsx'
export { EngineBanner } from './EngineBanner.tsx'
export { ModelChip } from './ModelChip.tsx'
