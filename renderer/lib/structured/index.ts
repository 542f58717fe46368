export * from './exportValue.ts'
export * from './partialJson.ts'
export * from './table.ts'
