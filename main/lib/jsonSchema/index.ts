export { outlineOf } from './jsonProblem.ts'
export type { JsonOutline, JsonProblem } from './jsonProblem.ts'
export { readSchema } from './readSchema.ts'
export type { JsonSchema } from './readSchema.ts'
