export * from './findMarks.ts'
export * from './mapping.ts'
export * from './marks.ts'
export * from './times.ts'
