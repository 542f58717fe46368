export * from './frameBudget.ts'
export * from './frameSampling.ts'
