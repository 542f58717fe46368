export {
  families,
  familiesOf,
  familyById,
  familyLabel,
  familyList,
  familyOfProjector,
  isModelFamily,
  runningFamilies,
} from './families.ts'
export type { Family } from './families.ts'
export { pairing, sharingFamilies } from './pairing.ts'
export type { PairedProjector, PairedText, Pairing } from './pairing.ts'
