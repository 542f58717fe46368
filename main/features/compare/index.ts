import { AppError, unlessAborted } from '#contract'
import type { AnswerEvent, AnswerOptions, AnswerRequest, Engine, MemoryPlan, ModelFiles } from '../../engine/index.ts'

/** A second model that nobody compares with for so long is unloaded, ms. */
export const IDLE_MS = 5 * 60_000

export interface CompareParts {
  /** What the first model runs in. */
  readonly first: Pick<Engine, 'state'>
  /** An engine with a process and a cache folder of its own. */
  readonly second: Engine
}

/**
 * A second model in memory beside the first, for answers to compare. It takes what the first leaves free and never takes
 * its place: what does not fit beside it is not loaded. Neither notices when the other's process ends.
 */
export interface Compare {
  /** Unloads the second model when `model` is about to be loaded as the first one, unless the second is answering. */
  makeWay(model: ModelFiles): Promise<void>
  /**
   * As `Engine.answer`, once `first` has settled: the first model is in memory then, so that the free memory is known. When
   * the signal aborts before, the events end without a result. @throws AppError OutOfMemory when the model does not fit
   * beside the first.
   */
  answer(request: AnswerRequest, options: AnswerOptions & { first: Promise<void> }): AsyncIterable<AnswerEvent>
  /** Comparing is over: unloads the model when its answers have ended. */
  end(): Promise<void>
  /** Deletes what is kept on disk of a conversation. */
  forget(conversationId: string): Promise<void>
  /** Deletes what is kept on disk of media. */
  forgetMedia(names: readonly string[]): Promise<void>
  close(): Promise<void>
}

/** Comparing with `second`, whose process starts with the first answer. */
export function createCompare({ first, second }: CompareParts): Compare {
  let answering = 0
  second.setIdleUnload(IDLE_MS)

  const holds = ({ state: { state, model } }: Pick<Engine, 'state'>, wanted: ModelFiles) =>
    state === 'ready' && isSame(model, wanted)
  /** @throws AppError OutOfMemory. */
  const refuseUnlessFits = async ({ model, contextTokens, context }: AnswerRequest) => {
    const { gpuLayers = null, kvType, vision } = context ?? {}
    const placed = kvType === 'q8_0' || kvType === 'q4_0' || kvType === 'f16' ? kvType : null
    const { plan } = await second.plan(model, { contextTokens, gpuLayers, kvType: placed }, vision)
    const { needed, free } = roomNeeded(plan, first.state.plan ?? null)
    if (needed > free) throw outOfMemory(needed, free, plan.contextTokens)
  }

  return {
    async makeWay(model) {
      if (answering === 0 && second.state.model !== null && !holds(first, model)) await second.unload()
    },

    async *answer(request, { first: firstUnderWay, ...options }) {
      answering++
      try {
        try {
          await unlessAborted(firstUnderWay, options.signal)
        } catch (error) {
          if (!options.signal?.aborted) throw error
        }
        if (options.signal?.aborted) return
        if (!holds(second, request.model)) await refuseUnlessFits(request)
        yield* second.answer(request, options)
      } finally {
        answering--
      }
    },

    end: async () => {
      if (second.state.model !== null) await second.unload()
    },
    forget: (conversationId) => second.forget(conversationId),
    forgetMedia: (names) => second.forgetMedia(names),
    close: () => second.close(),
  }
}

/**
 * Bytes that a plan needs of the computer's own memory, and those that are free for it: less the scratch memory that the
 * first model takes again with its next picture.
 */
function roomNeeded(plan: MemoryPlan, first: MemoryPlan | null): { needed: number; free: number } {
  const [{ total, free }] = plan.parts as [MemoryPlan['parts'][number]]
  return { needed: total, free: Math.max(0, free - (first?.parts[0]?.picture ?? 0)) }
}

function outOfMemory(needed: number, free: number, context: number): AppError {
  const figures = `It needs ${gigabytes(needed)} with a context of ${context.toLocaleString('en')} tokens; ${gigabytes(free)} are free beside the first.`
  return new AppError(
    'OutOfMemory',
    `This model does not fit into memory beside the first one. ${figures} Compare with a smaller model, or close other programs.`,
    {
      needed,
      free,
      context,
    },
  )
}

const gigabytes = (bytes: number) =>
  `${(bytes / 1e9).toLocaleString('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 })} GB`

const isSame = (a: ModelFiles | null, b: ModelFiles) =>
  a?.textPath === b.textPath && a.projectorPath === b.projectorPath
