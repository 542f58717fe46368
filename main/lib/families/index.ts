export { tokenPixels } from './family.ts'
export type { Family, VisionFacts } from './family.ts'
export {
  families,
  familiesOf,
  familyById,
  familyLabel,
  familyList,
  familyOfProjector,
  isModelFamily,
  runningFamilies,
  visionOf,
} from './families.ts'
export { pairing, sharingFamilies } from './pairing.ts'
export type { PairedProjector, PairedText, Pairing } from './pairing.ts'
