export { anyPlacement, contextOptions, estimateFit, estimatePlacement } from './estimateFit.ts'
export { sizedModel } from './shape.ts'
export type { SizedModel } from './shape.ts'
