export { createChooseModel } from './chooseModel.ts'
export type { ChooseModel, ChooseModelParts } from './chooseModel.ts'
export { createSourceTokens } from './tokens.ts'
export type { SourceTokens } from './tokens.ts'
