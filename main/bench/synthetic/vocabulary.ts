import type { Value } from './ggufWriter.ts'

/** Qwen2-VL's special tokens in their order, from the first id after the ordinary tokens. */
const SPECIAL = [
  '<|endoftext|>',
  '<|im_start|>',
  '<|im_end|>',
  '<|object_ref_start|>',
  '<|object_ref_end|>',
  '<|box_start|>',
  '<|box_end|>',
  '<|quad_start|>',
  '<|quad_end|>',
  '<|vision_start|>',
  '<|vision_end|>',
  '<|vision_pad|>',
  '<|image_pad|>',
  '<|video_pad|>',
]
const TokenType = { normal: 1, control: 3, unused: 5 } as const

/** GPT-2's 256 letters, one for each byte: printable bytes stand for themselves, the others follow from U+0100 on. */
function byteAlphabet(): string[] {
  const isPrintable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
  const bytes = Array.from({ length: 256 }, (_, byte) => byte)
  const hidden = bytes.filter((byte) => !isPrintable(byte))
  return [
    ...bytes.filter(isPrintable).map((byte) => String.fromCharCode(byte)),
    ...hidden.map((_, i) => String.fromCharCode(256 + i)),
  ]
}

/**
 * A byte-level BPE vocabulary in Qwen2's form: `normal` ordinary tokens (the bytes, then all pairs, then triples of
 * them, each with its merge), the special tokens, and unused ones up to `size`.
 */
export function vocabulary(normal: number, size: number): Record<string, Value> {
  const alphabet = byteAlphabet()
  const tokens = alphabet.slice(0, normal)
  const merges: string[] = []
  // every token from the first on is lengthened by each byte: pairs come from bytes, triples from pairs
  for (let left = 0; tokens.length < normal; left++)
    for (const right of alphabet) {
      if (tokens.length === normal) break
      merges.push(`${tokens[left]} ${right}`)
      tokens.push(tokens[left]! + right)
    }
  tokens.push(...SPECIAL)
  const used = tokens.length
  while (tokens.length < size) tokens.push(`[PAD${tokens.length}]`)
  const id = (token: string) => ({ u32: normal + SPECIAL.indexOf(token) })
  return {
    'tokenizer.ggml.model': { text: 'gpt2' },
    'tokenizer.ggml.pre': { text: 'qwen2' },
    'tokenizer.ggml.tokens': { texts: tokens },
    'tokenizer.ggml.token_type': {
      i32s: tokens.map((_, i) => (i < normal ? TokenType.normal : i < used ? TokenType.control : TokenType.unused)),
    },
    'tokenizer.ggml.merges': { texts: merges },
    'tokenizer.ggml.eos_token_id': id('<|im_end|>'),
    'tokenizer.ggml.padding_token_id': id('<|endoftext|>'),
    'tokenizer.ggml.bos_token_id': id('<|endoftext|>'),
    'tokenizer.ggml.add_bos_token': { bool: false },
  }
}
