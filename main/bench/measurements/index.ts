import type { Measurement } from '../measurement.ts'
import { coldStart } from './coldStart.ts'
import { eager } from './eager.ts'
import { encode } from './encode.ts'
import { encodeSpeed } from './encodeSpeed.ts'
import { memoryEstimate } from './memoryEstimate.ts'
import { paste } from './paste.ts'
import { photo } from './photo.ts'
import { reloadGrowth } from './reloadGrowth.ts'
import { resume } from './resume.ts'
import { secondQuestion } from './secondQuestion.ts'
import { stop } from './stop.ts'
import { textSpeed } from './textSpeed.ts'

/** Everything that is measured, in this order. */
export const measurements: readonly Measurement[] = [
  coldStart,
  textSpeed,
  paste,
  photo,
  encode,
  secondQuestion,
  eager,
  stop,
  reloadGrowth,
  resume,
  memoryEstimate,
  encodeSpeed,
]
