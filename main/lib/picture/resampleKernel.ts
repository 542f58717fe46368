/** Bits after the binary point of an 8-bit pass; 8 bits for the value and 2 for overshoot stay below 2^31. */
export const PRECISION_BITS = 32 - 8 - 2

const SUPPORT = 2
const A = -0.5

/** The weights of one direction: output `i` is the sum of `count[i]` inputs from `first[i]` on. */
export interface Kernel {
  /** Room per output in `weights`. */
  readonly taps: number
  readonly first: Int32Array
  readonly count: Int32Array
  /** Fixed point with `PRECISION_BITS` bits after the point. */
  readonly weights: Int32Array
}

/** Keys' cubic convolution with a = -0.5. */
function bicubic(distance: number): number {
  const x = Math.abs(distance)
  if (x < 1) return ((A + 2) * x - (A + 3)) * x * x + 1
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * A
  return 0
}

/**
 * Weights for resampling `from` samples to `to`: a bicubic kernel that is widened by the scale when shrinking, so that
 * every input sample counts. Same order of floating-point operations and same rounding as Pillow's `precompute_coeffs`
 * and `normalize_coeffs_8bpc`, on which bit-exact results rest.
 */
export function bicubicKernel(from: number, to: number): Kernel {
  const scale = from / to
  const filterScale = Math.max(scale, 1)
  const support = SUPPORT * filterScale
  const taps = Math.ceil(support) * 2 + 1
  const first = new Int32Array(to)
  const count = new Int32Array(to)
  const weights = new Int32Array(to * taps)
  const exact = new Float64Array(taps)
  const step = 1 / filterScale
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale
    const start = Math.max(0, Math.trunc(center - support + 0.5))
    const length = Math.min(from, Math.trunc(center + support + 0.5)) - start
    let sum = 0
    for (let k = 0; k < length; k++) {
      const weight = bicubic((k + start - center + 0.5) * step)
      exact[k] = weight
      sum += weight
    }
    for (let k = 0; k < length; k++) {
      const weight = (sum === 0 ? exact[k]! : exact[k]! / sum) * (1 << PRECISION_BITS)
      weights[i * taps + k] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5)
    }
    first[i] = start
    count[i] = length
  }
  return { taps, first, count, weights }
}

/** The same weights for inputs, `from` of them, that come from the other end; the outputs stay in their order. */
export function fromOtherEnd({ taps, first, count, weights }: Kernel, from: number): Kernel {
  const reversed = new Int32Array(weights.length)
  for (let i = 0; i < first.length; i++)
    for (let k = 0; k < count[i]!; k++) reversed[i * taps + k] = weights[i * taps + count[i]! - 1 - k]!
  return { taps, first: first.map((start, i) => from - start - count[i]!), count, weights: reversed }
}
