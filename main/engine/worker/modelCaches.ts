import { DiskCache, embeddingsFolder, MAX_STATE_BYTES, statesFolder } from '../cache/diskCache.ts'
import { fingerprint } from '../gguf/index.ts'
import { KvState } from './kvState/kvState.ts'
import { KvStateStore } from './kvState/kvStateStore.ts'
import { EmbeddingCache } from './vision/embeddingCache.ts'

const EMBEDDING_BYTES = 2 ** 30

/** What one loaded model keeps from question to question. */
export interface ModelCaches {
  readonly embeddings: EmbeddingCache
  readonly state: KvState
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
): Promise<ModelCaches> {
  if (folder === null) return { embeddings: new EmbeddingCache(null, ''), state: new KvState(null) }
  const projector = files.projectorPath ? `${await fingerprint(files.projectorPath)}:${kind}:${TOWER_VERSION}` : ''
  const text = await Promise.all(files.textPaths.map(fingerprint))
  const model = `${text.join('+')}:${projector}:${release}`
  return {
    embeddings: new EmbeddingCache(new DiskCache(embeddingsFolder(folder), EMBEDDING_BYTES), projector),
    state: new KvState(new KvStateStore(new DiskCache(statesFolder(folder), MAX_STATE_BYTES, 'groups'), model)),
  }
}
