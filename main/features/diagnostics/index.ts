export { createDiagnostics } from './diagnostics.ts'
export { logEngine } from './logEngine.ts'
export { loggedCall } from './loggedCall.ts'
export { loggedWorkers } from './loggedWorkers.ts'
