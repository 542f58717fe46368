/** `bytes`: of the whole model, which decides the threads. */
export interface ToTowerPeer {
  readonly projectorPath: string
  readonly side: number
  readonly runs: number
  readonly bytes: number
}

/** Times in ms; `cosine` of our embeddings to those of full-precision weights; `kind` of our weights. */
export type FromTowerPeer =
  | {
      readonly type: 'compared'
      readonly ours: readonly number[]
      readonly plain: readonly number[]
      readonly cosine: number
      readonly kind: string
    }
  | { readonly type: 'failed'; readonly message: string }
