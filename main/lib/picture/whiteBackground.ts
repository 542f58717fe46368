/**
 * Blends interleaved pixels (grey, grey + alpha, RGB or RGBA, 8 bits) over white and returns R G B, in the same memory
 * where there is an alpha to drop. The rounding is that of Pillow's `paste` with a mask, as `qwen_vl_utils` blends.
 */
export function overWhite(pixels: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return pixels
  const count = pixels.length / channels
  const out = channels === 4 ? pixels : new Uint8Array(count * 3)
  const colours = channels === 4 ? 3 : 1
  const alphaAt = channels % 2 === 0 ? colours : -1
  for (let i = 0, from = 0, to = 0; i < count; i++, from += channels, to += 3) {
    const alpha = alphaAt < 0 ? 255 : pixels[from + alphaAt]!
    for (let c = 0; c < 3; c++) {
      const blended = 255 * (255 - alpha) + pixels[from + (colours === 3 ? c : 0)]! * alpha + 128
      out[to + c] = ((blended >> 8) + blended) >> 8
    }
  }
  return out.subarray(0, count * 3)
}
