import { availableParallelism } from 'node:os'

/** As in the engine: with fewer weights for each, threads wait for one another longer than they compute. */
const BYTES_PER_THREAD = 32 << 20

/** Threads that the engine computes with for a model of so many bytes, so that the other side is given as many. */
export function engineThreads(modelBytes: number): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(modelBytes / BYTES_PER_THREAD)))
}
