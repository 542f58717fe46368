import type { Pointer } from '../native/ffi.ts'
import type { Llama } from '../native/llama.ts'
import { Specials } from './specials.ts'

/** Kinds of a token, as bits of llama.h's `llama_token_attr`. */
const UNKNOWN = 1
const CONTROL = 8
const USER_DEFINED = 16

/** Text to token ids and back, with the vocabulary of the loaded model. */
export class Tokenizer {
  readonly vocab: Pointer
  /** The tokens that are written by name, such as `<|im_end|>`. */
  readonly specials: Specials
  private readonly llama: Llama

  constructor(llama: Llama, vocab: Pointer) {
    this.llama = llama
    this.vocab = vocab
    this.specials = readSpecials(llama, vocab)
  }

  /** Token ids of an ordinary text, as the reference tokenizer gives them; nothing in it becomes a special token. No BOS is added. */
  async encode(text: string): Promise<number[]> {
    const pieces = this.specials.apart(text.normalize('NFC'))
    const ids = await Promise.all(pieces.map((piece) => this.tokenize(piece)))
    return ids.length === 1 ? ids[0]! : ids.flat()
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

  private async tokenize(text: string): Promise<number[]> {
    const bytes = Buffer.from(text)
    if (bytes.length === 0) return []
    const out = new Int32Array(bytes.length + 8)
    const count = await this.llama.tokenize(this.vocab, bytes, bytes.length, out, out.length, false, false)
    return Array.from(out.subarray(0, Math.max(0, count)))
  }
}

function readSpecials(llama: Llama, vocab: Pointer): Specials {
  const ids = new Map<string, number>()
  const userDefined: string[] = []
  const count = llama.vocabSize(vocab)
  for (let id = 0; id < count; id++) {
    const kind = llama.vocabAttributes(vocab, id)
    if ((kind & (UNKNOWN | CONTROL | USER_DEFINED)) === 0) continue
    const text = llama.vocabText(vocab, id)
    if (text === '') continue
    ids.set(text, id)
    if (kind & USER_DEFINED) userDefined.push(text)
  }
  return new Specials(ids, userDefined)
}
