import { count } from './problems.ts'

const MAX_TOKENS = 1 << 20
const MAX_TOKEN_BYTES = 8192
const MAX_VOCABULARY_BYTES = 64 << 20
const LEAST_SLOTS = 1 << 10
const LONGEST_MARK = 24
/** The codes of "<" and of a space. */
const LESS = 0x3c
const SPACE = 0x20

/** The tokens that a Qwen-VL prompt is built from. */
export const chatTokens: readonly string[] = ['<|im_start|>', '<|im_end|>', '<|vision_start|>', '<|vision_end|>']
/** Tokens that came with Qwen2.5: a vocabulary of its full size without them is that of Qwen2. */
export const qwen25Tokens: readonly string[] = ['<|fim_prefix|>', '<|repo_name|>', '<|file_sep|>']
/** Tokens that only Qwen2.5-Omni has. */
export const omniTokens: readonly string[] = ['<|vision_bos|>', '<|audio_bos|>', '<|AUDIO|>']
const marks = new Set([...chatTokens, ...qwen25Tokens, ...omniTokens])

/** `marks`: only which special tokens there are, for a look at many files. `all`: what llama.cpp would trip over too. */
export type Depth = 'marks' | 'all'

/**
 * Looks at each token and merge text as it is read, and keeps only what was wrong first. Loading a vocabulary with
 * a token twice, or with very long tokens, ends the process in llama.cpp. Tokens are compared by 63 bits of hash: that two
 * of a million differ and have the same is as likely as a wrong bit in memory.
 */
export class VocabularyScan {
  /** What is wrong with the vocabulary, to complete a sentence; null when nothing is. */
  problem: string | null = null
  /** Those of `chatTokens`, `qwen25Tokens` and `omniTokens` that are there. */
  readonly found = new Set<string>()
  /** Tokens seen. */
  size = 0
  private readonly depth: Depth
  /** Two halves of a hash for each slot of an open table; null before there are tokens and after they have been read. */
  private slots: Int32Array | null = null
  private bytes = 0
  private merges = 0

  constructor(depth: Depth) {
    this.depth = depth
  }

  /** `tokens` are going to come. */
  begin(tokens: number): void {
    if (this.depth === 'marks') return
    let slots = LEAST_SLOTS
    while (slots < Math.min(tokens, MAX_TOKENS) * 1.5) slots *= 2
    this.slots = new Int32Array(slots * 2)
  }

  /** The token's bytes are those of `bytes` from `start` up to `end`. */
  token(bytes: Buffer, start: number, end: number): void {
    const id = this.size++
    const length = end - start
    if (this.slots) this.check(this.slots, bytes, start, end, id)
    if (bytes[start] !== LESS || length === 0 || length > LONGEST_MARK) return
    const text = bytes.toString('latin1', start, end)
    if (marks.has(text)) this.found.add(text)
  }

  /** The merge's bytes are those of `bytes` from `start` up to `end`: two pieces with a space between them. */
  merge(bytes: Buffer, start: number, end: number): void {
    if (this.depth === 'marks') return
    const index = this.merges++
    let at = start + 1
    while (at < end && bytes[at] !== SPACE) at++
    if (at >= end - 1) this.problem ??= `merge ${count(index)} is not a pair`
  }

  /** Lets go of what was remembered; called once the header has been read. */
  finish(): void {
    this.slots = null
  }

  private check(slots: Int32Array, bytes: Buffer, start: number, end: number, id: number): void {
    const length = end - start
    this.bytes += length
    if (id >= MAX_TOKENS) return this.fail(`it has more than ${count(MAX_TOKENS)} tokens`)
    if (length > MAX_TOKEN_BYTES) return this.fail(`token ${count(id)} is ${count(length)} bytes long`)
    if (this.bytes > MAX_VOCABULARY_BYTES) return this.fail('its tokens are longer than those of any known model')
    if (length > 0) return this.remember(slots, bytes, start, end, id)
    // llama.cpp names an empty token so, which must not meet a token of that name
    const name = Buffer.from(`[EMPTY_${id}]`)
    this.remember(slots, name, 0, name.length, id)
  }

  /** FNV-1a, and a second hash of the same bytes with another multiplier. */
  private remember(slots: Int32Array, bytes: Buffer, start: number, end: number, id: number): void {
    let a = 0x811c9dc5
    let b = end - start
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!
      // llama.cpp ends a text at its zero byte, where two tokens may become one
      if (byte === 0) return this.fail(`token ${count(id)} holds a zero byte`)
      a = Math.imul(a ^ byte, 0x01000193)
      b = Math.imul(b + byte, 0x85ebca6b) ^ (b >>> 15)
    }
    // an empty slot is a zero
    b |= 1
    const mask = (slots.length >> 1) - 1
    let slot = (a ^ (a >>> 15)) & mask
    while (slots[slot * 2 + 1] !== 0) {
      if (slots[slot * 2] === a && slots[slot * 2 + 1] === b) return this.fail(`token ${count(id)} is there twice`)
      slot = (slot + 1) & mask
    }
    slots[slot * 2] = a
    slots[slot * 2 + 1] = b
  }

  private fail(problem: string): void {
    this.problem ??= problem
    this.slots = null
  }
}
