import type { Placement } from '#contract'
import type { Engine, PlacementCost } from '../../engine/index.ts'
import type { Models } from '../../services/models/index.ts'

export interface LoadModelParts {
  readonly models: Pick<Models, 'choose' | 'chosen' | 'registry'>
  readonly engine: Pick<Engine, 'load' | 'plan'>
}

/** Getting a model into memory before it is asked. */
export interface LoadModel {
  /**
   * Loads the chosen model as it is to be placed. `modelId` chooses another one first; `placement` is kept as what the user
   * chose for it. A load of something else that is under way is given up. @throws AppError NotFound; as `Engine.load`.
   */
  load(wanted: { modelId?: string | undefined; placement?: Placement | undefined }, signal: AbortSignal): Promise<void>
  /** Ends the loads under way; they throw Interrupted, and no model is in memory then. */
  cancel(): void
  /** What a placement of a model would cost, without loading it. @throws AppError NotFound; as `Engine.plan`. */
  plan(wanted: { modelId: string; placement: Placement }): Promise<PlacementCost>
}

/** Loads what was wanted last. */
export function createLoadModel({ models, engine }: LoadModelParts): LoadModel {
  const loads = new Map<AbortController, string>()
  return {
    async load({ modelId, placement }, signal) {
      if (modelId !== undefined) models.choose(modelId)
      if (placement) models.registry.changeOverrides(models.chosen().model.id, { placement })
      const { model, contextTokens, context } = models.chosen()
      const what = JSON.stringify([model.id, contextTokens, context])
      for (const [other, its] of loads) if (its !== what) other.abort()
      const abort = new AbortController()
      loads.set(abort, what)
      try {
        const { textPath, projectorPath } = model
        await engine.load({ textPath, projectorPath }, contextTokens, {
          context,
          signal: AbortSignal.any([signal, abort.signal]),
        })
      } finally {
        loads.delete(abort)
      }
    },
    cancel() {
      for (const abort of loads.keys()) abort.abort()
    },
    async plan({ modelId, placement }) {
      const { textPath, projectorPath } = models.registry.entry(modelId).model
      return engine.plan({ textPath, projectorPath }, placement)
    },
  }
}
