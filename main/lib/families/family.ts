import type { ModelFamily } from '#contract'

/** A family of models that see, as its files name it. */
export interface Family {
  readonly id: string
  /** As its makers write it. */
  readonly label: string
  /** `general.architecture` of its language models; several families may share one. */
  readonly architectures: readonly string[]
  /** `clip.projector_type` of its projectors. */
  readonly projectorTypes: readonly string[]
  /** How it is named in headers, repositories and names of files. */
  readonly named?: RegExp
  /** `context_length` of its published models, in tokens; only where it tells families of one architecture apart. */
  readonly trainedContext?: number
  /** The family whose vision tower its projectors have, number for number in another training. */
  readonly towerOf?: ModelFamily
  /** How its models see; null: the engine does not run it. */
  readonly vision: VisionFacts | null
}

/** A family that the engine runs: one file here, and one in `main/engine/worker/families` with what its tower computes. */
export interface RunningFamily extends Family {
  readonly id: ModelFamily
  readonly vision: VisionFacts
}

/** How the models of a family see, after the reference's processor and its vision tower. */
export interface VisionFacts {
  /** Side of a patch in pixels. Four of them, two by two, make one token. */
  readonly patchPixels: number
  /** Side of a window of the tower's attention in pixels; null: every block looks at the whole picture. */
  readonly windowPixels: number | null
  /** The norms of the tower: `layer` norms have a bias, root-mean-square ones have none. */
  readonly norm: 'layer' | 'rms'
  /** Whether the feed-forward part of a block has a gate: three matrices instead of two. */
  readonly hasGate: boolean
  /** Between the matrices of the feed-forward part: x * sigmoid(1.702 x), x * sigmoid(x), or GELU by its tanh formula. */
  readonly activation: 'quick-gelu' | 'silu' | 'gelu-tanh'
  /** The reference's limits for one picture, in pixels. Nothing is enlarged beyond the upper one. */
  readonly minPixels: number
  readonly maxPixels: number
  /** Frames of a video that become one temporal slice. */
  readonly framesPerSlice: number
  /**
   * How a video stands in the prompt: `whole` between one pair of marks, or `timed`: each of its slices like a picture of
   * its own, introduced by its time in words.
   */
  readonly videoForm: 'whole' | 'timed'
  /** Temporal positions for each second of a video that stands as a whole; null: each slice takes one position. */
  readonly positionsPerSecond: number | null
  /**
   * Whether patches have a bias and a learned position each, from a square table that is interpolated, and outputs of the
   * blocks that a projector names, if any, go into the first layers of the language model (deepstack).
   */
  readonly isDeep: boolean
}

/** Side of the square that one token stands for, in pixels. */
export const tokenPixels = ({ patchPixels }: Pick<VisionFacts, 'patchPixels'>): number => 2 * patchPixels

/** Side of a window of the tower's attention in tokens; null: every block looks at the whole picture. */
export const windowTokens = (vision: VisionFacts): number | null =>
  vision.windowPixels === null ? null : vision.windowPixels / tokenPixels(vision)

const GAP = '[\\s._-]*'

/** Finds words one after the other, whatever stands between them in a name. */
export const wordsInName = (...words: readonly string[]): RegExp => new RegExp(words.join(GAP), 'i')
