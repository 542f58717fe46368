/** A small seeded generator (xorshift32): the same seed gives the same file on every computer. */
export class Random {
  private state: number

  constructor(seed: number) {
    this.state = seed >>> 0 || 1
  }

  /** Fills `words` with random bits. */
  fill(words: Uint32Array): void {
    let x = this.state
    for (let i = 0; i < words.length; i++) {
      x ^= x << 13
      x ^= x >>> 17
      x ^= x << 5
      words[i] = x
    }
    this.state = x >>> 0
  }
}

/** How ggml stores numbers of one type: its id in GGUF, and `blockElements` numbers in `blockBytes` bytes. */
export interface Format {
  readonly id: number
  readonly blockElements: number
  readonly blockBytes: number
}

/** Numbers of a tensor: writes the next `blocks` blocks to the start of `bytes`, whose length is a multiple of 4. */
export interface Weights {
  readonly format: Format
  fill(bytes: Uint8Array, blocks: number): void
}

const F16_BIAS = 15
const F32_BIAS = 127
/** Bits of 2^exponent as f16. */
const powerOfTwo = (exponent: number) => (Math.max(exponent, 1 - F16_BIAS) + F16_BIAS) << 10
const wordsOf = (bytes: Uint8Array) => new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2)
const randomBlocks = (random: Random, bytes: Uint8Array, blocks: number, blockBytes: number) =>
  random.fill(wordsOf(bytes).subarray(0, Math.ceil((blocks * blockBytes) / 4)))

/** The same F32 value everywhere: ones for norms, zeros for biases. */
export function constant(value: number): Weights {
  const format = { id: 0, blockElements: 1, blockBytes: 4 }
  return { format, fill: (bytes, blocks) => void new Float32Array(bytes.buffer, bytes.byteOffset, blocks).fill(value) }
}

/** Random f16 numbers of about the standard deviation `deviation`. */
export function randomF16(random: Random, deviation: number): Weights {
  const format = { id: 1, blockElements: 1, blockBytes: 2 }
  // sign and mantissa are random, the exponent is fixed: the root mean square is 1.53 x 2^exponent
  const exponent = powerOfTwo(Math.round(Math.log2(deviation / 1.53)))
  const fixed = exponent | (exponent << 16)
  return {
    format,
    fill(bytes, blocks) {
      randomBlocks(random, bytes, blocks, format.blockBytes)
      const words = wordsOf(bytes).subarray(0, Math.ceil(blocks / 2))
      for (let i = 0; i < words.length; i++) words[i] = (words[i]! & 0x83ff83ff) | fixed
    },
  }
}

/** Random F32 numbers of about the standard deviation `deviation`. */
export function randomF32(random: Random, deviation: number): Weights {
  const format = { id: 0, blockElements: 1, blockBytes: 4 }
  // as above: the root mean square of a random mantissa is 1.53 x 2^exponent
  const exponent = (Math.round(Math.log2(deviation / 1.53)) + F32_BIAS) << 23
  return {
    format,
    fill(bytes, blocks) {
      randomBlocks(random, bytes, blocks, format.blockBytes)
      const words = wordsOf(bytes).subarray(0, blocks)
      for (let i = 0; i < words.length; i++) words[i] = (words[i]! & 0x807fffff) | exponent
    },
  }
}

/**
 * Random Q4_K blocks (`block_q4_K` of ggml: d, dmin, 12 bytes of 6-bit scales and minima, 128 bytes of 4-bit numbers)
 * that decode to about the standard deviation `deviation` around zero.
 */
export function randomQ4K(random: Random, deviation: number): Weights {
  const format = { id: 12, blockElements: 256, blockBytes: 144 }
  // numbers 0..15 deviate by 4.6, scales 0..63 have a root mean square of 36
  const exponent = Math.round(Math.log2(deviation / (4.6 * 36)))
  const d = powerOfTwo(exponent)
  // 7.5 d, the mean of the numbers, as 1.875 x 2^2 x d
  const dmin = powerOfTwo(Math.max(exponent, 1 - F16_BIAS) + 2) | 896
  return {
    format,
    fill(bytes, blocks) {
      randomBlocks(random, bytes, blocks, format.blockBytes)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (let at = 0; at < blocks * format.blockBytes; at += format.blockBytes) {
        view.setUint16(at, d, true)
        view.setUint16(at + 2, dmin, true)
        // each minimum equals its scale: the packed bytes of minima repeat those of the scales
        for (let i = 0; i < 4; i++) {
          bytes[at + 8 + i] = bytes[at + 4 + i]!
          bytes[at + 12 + i] = (bytes[at + 12 + i]! & 15) * 17
        }
      }
    },
  }
}

/**
 * Random Q6_K blocks (`block_q6_K` of ggml: 192 bytes of 6-bit numbers, 16 signed scales, d) that decode to about the
 * standard deviation `deviation` around zero.
 */
export function randomQ6K(random: Random, deviation: number): Weights {
  const format = { id: 14, blockElements: 256, blockBytes: 210 }
  // numbers -32..31 have a root mean square of 18.5, scales -8..7 one of 4.6
  const d = powerOfTwo(Math.round(Math.log2(deviation / (18.5 * 4.6))))
  return {
    format,
    fill(bytes, blocks) {
      randomBlocks(random, bytes, blocks, format.blockBytes)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (let at = 0; at < blocks * format.blockBytes; at += format.blockBytes) {
        for (let i = at + 192; i < at + 208; i++) view.setInt8(i, (bytes[i]! & 15) - 8)
        view.setUint16(at + 208, d, true)
      }
    },
  }
}
