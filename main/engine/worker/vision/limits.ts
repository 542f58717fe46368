import { AppError } from '#contract'
import { systemFreeBytes } from '../../memory/memoryModel.ts'
import type { Frame } from './patches.ts'

/** Changed bytes do this, and half precision where a conversion is too coarse for its model. */
const NOT_NUMBERS = 'Check the files of the model, or choose another conversion of the projector.'

export function tooLarge({ width, height }: Frame): AppError {
  return new AppError(
    'OutOfMemory',
    `There is not enough memory to look at a picture of ${width} x ${height} pixels. Lower its detail.`,
    {
      width,
      height,
    },
  )
}

/** On some systems memory is promised that is not there, and its use ends the process. @throws AppError OutOfMemory. */
export function requireMemory(frame: Frame, bytes: number): void {
  if (bytes > systemFreeBytes()) throw tooLarge(frame)
}

export function notNumbers(): AppError {
  return new AppError(
    'UnsupportedModel',
    `The projector gave values that are not numbers for this picture. ${NOT_NUMBERS}`,
  )
}
