import type { Pointer } from '../native/ffi.ts'
import type { Llama } from '../native/llama.ts'

/** A text in which the special tokens that its writer meant are told from those that only stand in it. */
export type SpecialPiece = { readonly text: string } | { readonly id: number; readonly name: string }

/**
 * How the tokenizers of Qwen models cut a text before they look for tokens (`pre_tokenizer` of their tokenizer.json); their
 * blanks are those of Unicode, not JavaScript's. To that of Qwen3.5 marks belong to words.
 */
const cuts = {
  qwen2:
    /'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\p{White_Space}\p{L}\p{N}]+[\r\n]*|\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu,
  qwen35:
    /'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\p{White_Space}\p{L}\p{M}\p{N}]+[\r\n]*|\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu,
} as const
/** A way of cutting, as llama.cpp calls it. */
export type Splitting = keyof typeof cuts

/**
 * The special tokens of a vocabulary by the text that stands for each, such as `<|im_end|>` and `<tool_call>`. A writer of
 * prompts means them; where somebody else's text holds the same characters they are only characters. That text is marked
 * before it is put among the rest: a character that occurs nowhere else goes into each such place, and between a part of a
 * name at one of its ends and what may come beside it. So they are not found as special tokens, and the marks come out
 * again when all are found.
 */
export class Specials {
  private readonly ids: ReadonlyMap<string, number>
  private readonly all: RegExp
  private readonly starts: ReadonlySet<string>
  private readonly ends: ReadonlySet<string>
  private readonly longest: number
  private readonly userDefined: RegExp | null
  private readonly cut: RegExp

  /** `userDefined`: those that llama.cpp takes for special even in ordinary text. */
  constructor(ids: ReadonlyMap<string, number>, userDefined: readonly string[], splitting: Splitting) {
    this.cut = cuts[splitting]
    this.ids = ids
    // found also where a vocabulary lacks them
    const names = [...ids.keys(), '<|image_pad|>', '<|video_pad|>']
    this.all = oneOf(names)
    this.starts = new Set(names.flatMap((name) => partsOf(name).map((at) => name.slice(0, at))))
    this.ends = new Set(names.flatMap((name) => partsOf(name).map((at) => name.slice(at))))
    this.longest = Math.max(...names.map((name) => name.length))
    this.userDefined = userDefined.length > 0 ? oneOf(userDefined) : null
  }

  /** The id of the token of that name; -1: the vocabulary lacks it. */
  idOf(name: string): number {
    return this.ids.get(name) ?? -1
  }

  /** `text` with `mark` in everything that reads like a special token, or could with what comes beside it; `except` some. */
  marked(text: string, mark: string, except: readonly string[] = []): string {
    const inside = text.replace(this.all, (found) =>
      except.includes(found) ? found : found[0]! + mark + found.slice(1),
    )
    const lengths = Array.from({ length: Math.min(this.longest, text.length) }, (_, i) => i + 1)
    const before = lengths.some((length) => this.ends.has(text.slice(0, length))) ? mark : ''
    const after = lengths.some((length) => this.starts.has(text.slice(-length))) ? mark : ''
    return before + inside + after
  }

  /** Cuts a text at the special tokens in it that are not marked, and takes the marks out of the rest. Id -1: the vocabulary lacks it. */
  pieces(text: string, mark: string): SpecialPiece[] {
    const pieces: SpecialPiece[] = []
    const add = (plain: string) => plain !== '' && pieces.push({ text: plain.replaceAll(mark, '') })
    let at = 0
    for (const { 0: name, index } of text.matchAll(this.all)) {
      add(text.slice(at, index))
      pieces.push({ id: this.ids.get(name) ?? -1, name })
      at = index + name.length
    }
    add(text.slice(at))
    return pieces
  }

  /**
   * An ordinary text in pieces none of which holds a user-defined token. They are cut where the tokenizer cuts anyway, so
   * that their tokens are those of the text in a vocabulary without that token; where it never does, after one character.
   */
  apart(text: string): string[] {
    const { userDefined } = this
    if (userDefined === null || text.search(userDefined) < 0) return [text]
    const places = Array.from(text.matchAll(this.cut), ({ index }) => index)
    const pieces: string[] = []
    let at = 0
    let next = 0
    for (const { 0: name, index } of text.matchAll(userDefined)) {
      while (next < places.length && places[next]! <= index) next++
      const inside = next < places.length && places[next]! < index + name.length
      const cut = inside ? places[next]! : index + String.fromCodePoint(name.codePointAt(0)!).length
      pieces.push(text.slice(at, cut))
      at = cut
    }
    return [...pieces, text.slice(at)]
  }
}

/** A character for `Specials.marked` that occurs in none of `texts`: one that Unicode keeps for such uses within a program. */
export function unusedCharacter(texts: readonly string[]): string {
  for (let code = 0xfdd0; ; code = code === 0xfdef ? 0xf0000 : code + 1) {
    const character = String.fromCodePoint(code)
    if (!texts.some((text) => text.includes(character))) return character
  }
}

/** The places at which a name can be cut in two. */
const partsOf = (name: string): number[] => Array.from({ length: name.length - 1 }, (_, i) => i + 1)

/** Finds any of `texts`, the longest where several begin at one place. */
function oneOf(texts: readonly string[]): RegExp {
  const longestFirst = [...new Set(texts)].sort((a, b) => b.length - a.length)
  return new RegExp(longestFirst.map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|'), 'gu')
}

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

  constructor(llama: Llama, vocab: Pointer, splitting: Splitting = 'qwen2') {
    this.llama = llama
    this.vocab = vocab
    this.specials = readSpecials(llama, vocab, splitting)
  }

  /** Token ids of an ordinary text, as the reference tokenizer gives them; nothing in it becomes a special token. No BOS is added. */
  async encode(text: string): Promise<number[]> {
    const pieces = this.specials.apart(text.normalize('NFC'))
    const ids = await Promise.all(pieces.map((piece) => this.tokenize(piece)))
    return ids.length === 1 ? ids[0]! : ids.flat()
  }

  /** The token that begins a turn of a conversation. */
  get turnStart(): number {
    return this.specials.idOf('<|im_start|>')
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

  /** Whether there is a token of that id. */
  has(id: number): boolean {
    return Number.isInteger(id) && id >= 0 && id < this.llama.vocabSize(this.vocab)
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

function readSpecials(llama: Llama, vocab: Pointer, splitting: Splitting): Specials {
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
  return new Specials(ids, userDefined, splitting)
}
