import { count } from './problems.ts'

const MAX_TOKENS = 1 << 20
const MAX_TOKEN_BYTES = 8192
const MAX_VOCABULARY_BYTES = 64 << 20

/** The tokens that a Qwen-VL prompt is built from. */
export const chatTokens: readonly string[] = ['<|im_start|>', '<|im_end|>', '<|vision_start|>', '<|vision_end|>']

/**
 * Looks at each token and merge text as it is read, and keeps only what was wrong first. Loading a vocabulary with
 * a token twice, or with very long tokens, ends the process in llama.cpp.
 */
export class VocabularyScan {
  /** What is wrong with the vocabulary, to complete a sentence; null when nothing is. */
  problem: string | null = null
  /** Those of `chatTokens` that are there. */
  readonly found = new Set<string>()
  private seen: Set<string> | null = new Set()
  private bytes = 0
  private merges = 0

  /** `text` is the token's bytes as latin1. */
  token(text: string): void {
    const { seen } = this
    if (!seen) return
    this.bytes += text.length
    const id = seen.size
    if (id >= MAX_TOKENS) return this.fail(`it has more than ${count(MAX_TOKENS)} tokens`)
    if (text.length > MAX_TOKEN_BYTES) return this.fail(`token ${count(id)} is ${count(text.length)} bytes long`)
    // llama.cpp ends a text at its zero byte, where two tokens may become one
    if (text.includes('\0')) return this.fail(`token ${count(id)} holds a zero byte`)
    if (this.bytes > MAX_VOCABULARY_BYTES) return this.fail('its tokens are longer than those of any known model')
    // llama.cpp names an empty token so, which must not meet a token of that name
    const name = text === '' ? `[EMPTY_${id}]` : text
    seen.add(name)
    if (seen.size === id) return this.fail(`token ${count(id)} is there twice`)
    if (name.startsWith('<|') && chatTokens.includes(name)) this.found.add(name)
  }

  /** `text` is the merge's bytes as latin1: two pieces with a space between them. */
  merge(text: string): void {
    const index = this.merges++
    if (this.problem) return
    const space = text.indexOf(' ', 1)
    if (space < 1 || space === text.length - 1) this.problem = `merge ${count(index)} is not a pair`
  }

  /** Lets go of the texts; called once the header has been read. */
  finish(): void {
    this.seen = null
  }

  private fail(problem: string): void {
    this.problem ??= problem
    this.seen = null
  }
}
