export { DemoNotice } from './DemoNotice.tsx'
export { EngineBanner } from './EngineBanner.tsx'
export { ModelChip } from './ModelChip.tsx'
export { followEngine, useEngine } from './store.ts'
