export { measurements } from './measurements/index.ts'
export { toReport, toTable } from './report.ts'
export { runBench } from './runBench.ts'
export { syntheticModel } from './syntheticModel.ts'
