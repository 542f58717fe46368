import path from 'node:path'

/** KV states of recent conversations take at most so much of the disk. */
export const MAX_STATE_BYTES = 2 * 2 ** 30
export const statesFolder = (cachePath: string): string => path.join(cachePath, 'states')
export const embeddingsFolder = (cachePath: string): string => path.join(cachePath, 'embeddings')
