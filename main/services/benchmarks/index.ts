export { createBenchmarks } from './benchmarks.ts'
export type { Benchmarks } from './benchmarks.ts'
