import type { Failed } from '../childProcess.ts'
import type { TowerSetting } from './openTower.ts'

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
  | Failed

/** To the process of one tower. `checkout`: the folder of the Sightline whose tower it is. */
export type ToEncodePeer =
  | {
      readonly op: 'open'
      readonly checkout: string
      readonly projectorPath: string
      readonly setting: TowerSetting
      readonly modelBytes: number
    }
  | { readonly op: 'encode'; readonly side: number; readonly wantsEmbeddings: boolean }

/** `peakBytes`: the most that the process ever held in memory, its weights' loading included. */
export type FromEncodePeer =
  | { readonly type: 'opened'; readonly kind: string }
  | {
      readonly type: 'encoded'
      readonly ms: number
      readonly peakBytes: number
      readonly embeddings: Float32Array | null
    }
  | Failed
