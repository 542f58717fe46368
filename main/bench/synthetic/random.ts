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
