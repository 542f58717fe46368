export { createChooseModel } from './chooseModel.ts'
export type { ChooseModel, ChooseModelParts } from './chooseModel.ts'
