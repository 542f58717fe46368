export * from './drives.ts'
export * from './safeName.ts'
export * from './sha256.ts'
export * from './temporaryFolder.ts'
