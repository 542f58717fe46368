import type { Engine, IdleWork } from '../../engine/index.ts'
import type { Conversations } from '../../services/conversations/index.ts'
import type { Chosen } from '../../services/models/index.ts'
import type { SettingsService } from '../../services/settings/index.ts'
import { isInMemory, takesAnyQuestion } from './ableModel.ts'
import type { AbleModelParts } from './ableModel.ts'
import { titleFrom, titlePrompt } from './title.ts'

/** The longest title and the context that it is written in, in tokens. */
const MAX_TOKENS = 32
const CONTEXT_TOKENS = 2048
/** Of a title nothing is drawn: the likeliest words. */
const greedy = { temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: null } as const
const NO_PICTURES = { minPixels: 784, maxPixels: 784 } as const

export interface TitlesParts extends AbleModelParts {
  readonly conversations: Pick<Conversations, 'opening' | 'suggestTitle'>
  readonly settings: Pick<SettingsService, 'current'>
  readonly engine: Pick<Engine, 'state' | 'batch'>
  readonly idle: Pick<IdleWork, 'add' | 'look'>
}

/**
 * Titles of conversations by the model that answered, in place of the first words of the question: written when the engine
 * has nothing else to do, beside the conversation's own context, and dropped while somebody asks. No model is loaded for one.
 */
export interface Titles {
  /** An answer of this conversation has ended. */
  answered(conversationId: string): void
}

export function createTitles(parts: TitlesParts): Titles {
  const { conversations, settings, engine, idle } = parts
  const waiting = new Set<string>()

  async function name(id: string, signal: AbortSignal): Promise<void> {
    const opening = conversations.opening(id)
    const chosen = opening && willing(parts)
    if (!chosen) return
    const { textPath, projectorPath } = chosen.model
    const model = { textPath, projectorPath }
    const request = {
      model,
      messages: [{ role: 'user', content: [{ type: 'text', text: titlePrompt(opening) }] }],
      budget: NO_PICTURES,
      contextTokens: CONTEXT_TOKENS,
      maxTokens: MAX_TOKENS,
      sampling: greedy,
      thinking: 'off',
      context: chosen.context,
    } as const
    let written = ''
    for await (const event of engine.batch(model, [request], { signal, isSpare: true })) {
      if (event.type === 'text') written += event.text
      else if (event.type === 'done' && event.result.finishReason !== 'aborted' && !signal.aborted) {
        const title = titleFrom(written)
        if (title !== null) conversations.suggestTitle(id, title)
      }
    }
  }

  idle.add({
    afterMs: 0,
    next() {
      const [id] = waiting
      if (id === undefined) return null
      waiting.delete(id)
      return async (signal) => {
        try {
          await name(id, signal)
        } finally {
          if (signal.aborted) waiting.add(id)
        }
      }
    },
  })

  return {
    answered(id) {
      if (!settings.current.titlesByModel) return
      waiting.add(id)
      idle.look()
    },
  }
}

/**
 * The model that writes titles; null where it is not in memory, or would not write one: the demo model was taught its own few
 * answers, and some models always think first.
 */
function willing({ settings, models, profileOf, engine }: TitlesParts): Chosen | null {
  const chosen = models.chosen()
  const isAble = !chosen.model.isDemo && engine.state.thinking !== 'always' && takesAnyQuestion(chosen, profileOf)
  return settings.current.titlesByModel && isInMemory(chosen, engine) && isAble ? chosen : null
}
