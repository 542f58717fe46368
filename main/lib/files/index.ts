export * from './safeName.ts'
export * from './sha256.ts'
