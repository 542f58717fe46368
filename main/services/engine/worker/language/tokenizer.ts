import type { Pointer } from '../native/ffi.ts'
import type { Llama } from '../native/llama.ts'

/** Text to token ids and back, with the vocabulary of the loaded model. */
export class Tokenizer {
  private readonly llama: Llama
  readonly vocab: Pointer

  constructor(llama: Llama, vocab: Pointer) {
    this.llama = llama
    this.vocab = vocab
  }

  /** Token ids of `text`; special tokens in it are parsed as such, as the reference tokenizer does. No BOS is added. */
  async encode(text: string): Promise<number[]> {
    const bytes = Buffer.from(text)
    if (bytes.length === 0) return []
    const out = new Int32Array(bytes.length + 8)
    const count = await this.llama.tokenize(this.vocab, bytes, bytes.length, out, out.length, false, true)
    return Array.from(out.subarray(0, Math.max(0, count)))
  }

  /** The one id of a special token such as `<|image_pad|>`; -1 when the vocabulary has none. */
  async special(text: string): Promise<number> {
    const ids = await this.encode(text)
    return ids.length === 1 ? ids[0]! : -1
  }

  /** The bytes of a token; may be part of a character. */
  piece(id: number): Uint8Array {
    let out = Buffer.alloc(128)
    let length = this.llama.tokenToPiece(this.vocab, id, out, out.length, 0, true)
    if (length < 0) {
      out = Buffer.alloc(-length)
      length = this.llama.tokenToPiece(this.vocab, id, out, out.length, 0, true)
    }
    return out.subarray(0, length)
  }

  /** Whether the token ends an answer. */
  isEnd(id: number): boolean {
    return this.llama.vocabIsEog(this.vocab, id)
  }
}
