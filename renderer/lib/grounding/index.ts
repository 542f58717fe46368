export * from './actions.ts'
export * from './exportMarks.ts'
export * from './findMarks.ts'
export * from './linkAnswer.ts'
