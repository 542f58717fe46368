/** RGB of `side` x `side` pseudo-random pixels, the same at every run. */
export function noise(side: number): Uint8Array {
  const out = new Uint8Array(side * side * 3)
  let state = 7
  for (let i = 0; i < out.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    out[i] = (state >>> 24) / 2 + (i % 128)
  }
  return out
}
