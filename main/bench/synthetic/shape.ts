/** The shape of a Qwen2-VL pair: a language model and the projector before it. Widths in numbers. */
export interface ModelShape {
  /** Part of the files' names. */
  readonly id: string
  readonly name: string
  readonly text: {
    readonly blocks: number
    readonly width: number
    readonly heads: number
    readonly kvHeads: number
    readonly feedForward: number
    readonly ropeSections: readonly [number, number, number, number]
    readonly contextTokens: number
    readonly normalTokens: number
    readonly vocabularySize: number
  }
  readonly vision: {
    readonly blocks: number
    readonly width: number
    readonly heads: number
    readonly feedForward: number
  }
}

/** Qwen2-VL-2B. */
export const qwen2vl2b: ModelShape = {
  id: 'qwen2-vl-2b',
  name: 'Synthetic Qwen2-VL 2B',
  text: {
    blocks: 28,
    width: 1536,
    heads: 12,
    kvHeads: 2,
    feedForward: 8960,
    ropeSections: [16, 24, 24, 0],
    contextTokens: 32768,
    normalTokens: 151_643,
    vocabularySize: 151_936,
  },
  vision: { blocks: 32, width: 1280, heads: 16, feedForward: 5120 },
}
