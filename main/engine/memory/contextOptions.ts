import type { TextModelFacts } from '../gguf/index.ts'
import type { ContextOptions } from '../types.ts'

/** The context options that decide how much memory a token takes, with nothing left open. */
export interface ResolvedOptions {
  readonly kvType: Exclude<ContextOptions['kvType'], 'auto' | undefined>
  readonly flashAttention: Exclude<ContextOptions['flashAttention'], undefined>
}

/** What `auto` comes to: full-precision weights get a full-precision cache and plain attention, exact as the reference is. */
export function resolveOptions(
  model: { facts: Pick<TextModelFacts, 'isF32'> },
  options: ContextOptions,
): ResolvedOptions {
  const { kvType = 'auto', flashAttention = 'auto' } = options
  const type = kvType === 'auto' ? (model.facts.isF32 ? 'f32' : 'f16') : kvType
  // llama.cpp computes with a quantized V cache in flash attention only
  if (type === 'q8_0' || type === 'q4_0') return { kvType: type, flashAttention: 'on' }
  return { kvType: type, flashAttention: flashAttention === 'auto' && type === 'f32' ? 'off' : flashAttention }
}
