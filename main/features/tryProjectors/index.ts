import { AppError, PIXELS_PER_TOKEN } from '#contract'
import type { ProjectorTrial, VisionSetting } from '#contract'
import type { AnswerRequest, Engine } from '../../engine/index.ts'

/** What is tried: a language model with each projector, on one picture and with one question. Paths of files. */
export interface Trial {
  readonly textPath: string
  readonly projectorPaths: readonly string[]
  readonly picturePath: string
  readonly question: string
  /** How the processor computes projectors; as `ContextOptions` unless told. */
  readonly vision?: VisionSetting
}

/** Enough for a sentence or two: whether a model sees shows in its first words. */
const MAX_TOKENS = 96
const greedy = { temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: null } as const
const BUDGET = { minPixels: 4 * PIXELS_PER_TOKEN, maxPixels: 512 * PIXELS_PER_TOKEN }

/**
 * Asks a language model about a picture with one projector after the other; only one is in memory at a time, and none when
 * the trial is over. What goes wrong with one projector is its event, and the next is tried. Ends early, without an
 * event, when the signal aborts. @throws what is no error for people.
 */
export async function* tryProjectors(
  trial: Trial,
  engine: Pick<Engine, 'answer' | 'state' | 'unload'>,
  signal: AbortSignal,
): AsyncGenerator<ProjectorTrial, undefined, void> {
  const { textPath, projectorPaths, picturePath, question, vision } = trial
  try {
    for (const projectorPath of projectorPaths) {
      if (signal.aborted) return
      yield { type: 'loading', projectorPath }
      const request: AnswerRequest = {
        model: { textPath, projectorPath },
        messages: [
          {
            role: 'user',
            content: [
              { type: 'image', source: { path: picturePath } },
              { type: 'text', text: question },
            ],
          },
        ],
        budget: BUDGET,
        contextTokens: null,
        maxTokens: MAX_TOKENS,
        thinking: 'off',
        sampling: greedy,
        ...(vision && { context: { vision } }),
      }
      try {
        for await (const event of engine.answer(request, { signal }))
          if (event.type === 'text') yield { type: 'text', projectorPath, text: event.text }
        if (signal.aborted) return
        yield { type: 'done', projectorPath }
      } catch (error) {
        if (signal.aborted) return
        if (!(error instanceof AppError)) throw error
        yield { type: 'failed', projectorPath, error: error.toInfo() }
      }
    }
  } finally {
    if (engine.state.model?.textPath === textPath) await engine.unload()
  }
}
