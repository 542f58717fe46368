import { ConversationState } from './conversationState.ts'
import { DiskCache } from '../cache/diskCache.ts'
import { embeddingsFolder, MAX_STATE_BYTES, statesFolder } from '../cache/folders.ts'
import { EmbeddingCache } from './cache/embeddingCache.ts'
import { fingerprint } from './cache/fingerprint.ts'
import { StateStore } from './cache/stateStore.ts'

const EMBEDDING_BYTES = 2 ** 30

/** What one loaded model keeps from question to question. */
export interface Caches {
  readonly embeddings: EmbeddingCache
  readonly state: ConversationState
}

/** Raised whenever the tower computes other numbers than before. */
const TOWER_VERSION = 1

/**
 * Caches of a model, named by all of its files, in `folder`; null: nothing goes to disk. `release` of llama.cpp and the
 * `kind` of the tower's weights name what else the numbers depend on.
 */
export async function openCaches(
  folder: string | null,
  files: { readonly textPaths: readonly string[]; readonly projectorPath: string | null },
  release: string,
  kind: string,
): Promise<Caches> {
  if (folder === null) return { embeddings: new EmbeddingCache(null, ''), state: new ConversationState(null) }
  const projector = files.projectorPath ? `${await fingerprint(files.projectorPath)}:${kind}:${TOWER_VERSION}` : ''
  const text = await Promise.all(files.textPaths.map(fingerprint))
  const model = `${text.join('+')}:${projector}:${release}`
  return {
    embeddings: new EmbeddingCache(new DiskCache(embeddingsFolder(folder), EMBEDDING_BYTES), projector),
    state: new ConversationState(new StateStore(new DiskCache(statesFolder(folder), MAX_STATE_BYTES), model)),
  }
}
