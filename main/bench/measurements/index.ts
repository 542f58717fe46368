import type { Measurement } from '../measurement.ts'
import { encode, encodeSpeed, photo } from './encoding.ts'
import { eager, edit, resume, secondQuestion } from './firstToken.ts'
import { coldStart, memoryEstimate, reloadGrowth, timeEstimate } from './memory.ts'
import { stop } from './stop.ts'
import { paste, textSpeed } from './text.ts'

/** Everything that is measured, in this order. */
export const measurements: readonly Measurement[] = [
  coldStart,
  textSpeed,
  paste,
  photo,
  encode,
  secondQuestion,
  eager,
  edit,
  stop,
  reloadGrowth,
  resume,
  memoryEstimate,
  timeEstimate,
  encodeSpeed,
]
