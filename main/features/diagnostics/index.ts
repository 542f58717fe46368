export { createDiagnostics } from './diagnostics.ts'
export { logEngine } from './logging.ts'
export { loggedCall } from './logging.ts'
export { loggedWorkers } from './logging.ts'
