import type { AnswerRequest, AnswerResult } from '../types.ts'
import { Aborted } from './aborted.ts'
import type { LanguageContext } from './language/context.ts'
import { toGrammar } from './format/grammar.ts'
import { Sampler } from './language/sampler.ts'
import type { Tokenizer } from './language/tokenizer.ts'
import type { Runtime } from './native/runtime.ts'

export interface Generated {
  readonly tokens: number[]
  readonly finishReason: AnswerResult['finishReason']
  /** `performance.now()` of the first and of the last token; 0 when there was none. */
  readonly firstTokenAt: number
  readonly endedAt: number
}

export interface Generation {
  readonly runtime: Runtime
  readonly tokenizer: Tokenizer
  /** Holds the computed prompt. */
  readonly context: LanguageContext
  readonly request: AnswerRequest
  readonly promptIds: readonly number[]
  readonly onText: (text: string) => void
  readonly signal: AbortSignal
}

/**
 * Draws token after token until the end token, the limit, the end of the context or an abort. Text is given out in whole
 * characters. @throws AppError EngineFailed.
 */
export async function generate({ runtime, tokenizer, context, request, promptIds, onText, signal }: Generation): Promise<Generated> {
  const sampler = new Sampler(runtime.llama, { sampling: request.sampling, promptIds, contextTokens: context.size, grammar: request.format ? toGrammar(request.format) : null, vocab: tokenizer.vocab })
  const text = new TextDecoder()
  const tokens: number[] = []
  let finishReason: AnswerResult['finishReason'] = 'stop'
  let firstTokenAt = 0
  let endedAt = 0
  const say = (piece: string) => {
    if (piece) onText(piece)
  }
  try {
    for (let used = promptIds.length; ; used++) {
      signal.throwIfAborted()
      const token = await sampler.sample(context.handle)
      endedAt = performance.now()
      firstTokenAt ||= endedAt
      if (tokenizer.isEnd(token) && !request.ignoreEos) break
      tokens.push(token)
      say(text.decode(tokenizer.piece(token), { stream: true }))
      if (tokens.length >= request.maxTokens || used + 1 >= context.size) {
        finishReason = 'length'
        break
      }
      await context.appendTokens([token], true, signal)
    }
  } catch (error) {
    if (!(error instanceof Aborted)) throw error
    finishReason = 'aborted'
  } finally {
    sampler.free()
  }
  say(text.decode())
  return { tokens, finishReason, firstTokenAt, endedAt }
}
