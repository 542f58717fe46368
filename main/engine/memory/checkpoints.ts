import type { RecurrentBlocks } from '../gguf/recurrentBlocks.ts'

const F32_BYTES = 4
const MIB = 2 ** 20
/**
 * Checkpoints of a conversation take at most so much of the computer's own memory: about ten of a model of 4 billion
 * weights, which has 52 MB of state; a tenth of what its process takes anyway.
 */
const MAX_BYTES = 512 * MIB
/** More than these only save what is computed in a moment: they would lie a few hundred tokens apart. */
const MAX_COUNT = 12
/** So many are kept however large they are: before the last question, behind its pictures, before its answer. */
const LEAST_COUNT = 3

/** Bytes of the recurrent state of one block, of one sequence: the convolution's last inputs and a matrix for each head. */
export function recurrentBlockBytes({ kernel, headLength, keyHeads, valueHeads }: RecurrentBlocks): number {
  const inner = headLength * valueHeads
  return F32_BYTES * ((kernel - 1) * (inner + 2 * headLength * keyHeads) + headLength * inner)
}

/** The same of all blocks. */
export function recurrentStateBytes(recurrent: RecurrentBlocks): number {
  return recurrent.isRecurrent.filter(Boolean).length * recurrentBlockBytes(recurrent)
}

/** How many copies of the recurrent state a conversation may keep to go back to. */
export function mostCheckpoints(recurrent: RecurrentBlocks): number {
  const fitting = Math.floor(MAX_BYTES / recurrentStateBytes(recurrent))
  return Math.min(MAX_COUNT, Math.max(LEAST_COUNT, fitting))
}
