import type { Contract, EngineStatus, Settings, ThinkingForm } from '#contract'
import type { Engine, ModelFiles } from '../../engine/index.ts'
import { eventStream } from '../../lib/events.ts'
import type { HandlersOf } from '../../lib/handlers.ts'
import type { Models } from '../../services/models/index.ts'
import type { SettingsService } from '../../services/settings/index.ts'

export interface LoadModelParts {
  readonly models: Pick<Models, 'choose' | 'chosen' | 'current' | 'registry'>
  readonly engine: Pick<Engine, 'load' | 'plan' | 'unload' | 'setIdleUnload' | 'state' | 'onState'>
  readonly settings: Pick<SettingsService, 'current' | 'onChange'>
  /** Before `model` is loaded: gives back the memory that it may need. */
  readonly makeWay: (model: ModelFiles) => Promise<void>
}

/** Getting a model into memory before it is asked, telling how that goes, and unloading one that is idle. */
export interface LoadModel {
  /** Answers the window's calls about the engine. They throw NotFound for a model that is not there, and as `Engine`'s. */
  readonly procedures: HandlersOf<Contract>['engine']
}

/** Loads what was wanted last; unloads it when it was idle for as long as the settings say. */
export function createLoadModel({ models, engine, settings, makeWay }: LoadModelParts): LoadModel {
  /** What is under way, each as what it loads. */
  const loads = new Map<AbortController, string>()
  /** What the templates of models do about thoughts that were in memory, by their files: it stays true without them. */
  const thinking = new Map<string, ThinkingForm>()
  const status = (): EngineStatus => {
    const { model, thinking: form } = engine.state
    if (model && form) thinking.set(model.textPath, form)
    return { ...statusOf(engine, models), thinking: thinking.get(models.current().textPath) ?? null }
  }
  const applyIdle = ({ engineIdleMinutes: minutes }: Settings) =>
    engine.setIdleUnload(minutes === null ? null : minutes * 60_000)
  applyIdle(settings.current)
  settings.onChange(applyIdle)

  /** Loads the chosen model as it is to be placed; a load of something else that is under way is given up. */
  async function load(signal: AbortSignal): Promise<void> {
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
  }

  return {
    procedures: {
      watch: (_, { signal }) =>
        eventStream(
          ({ push }) => {
            const tell = () => push(status())
            tell()
            const offs = [engine.onState(tell), settings.onChange(tell)]
            return () => offs.forEach((off) => off())
          },
          { signal },
        ),
      async load({ modelId, placement } = {}, { signal }) {
        await makeWay(modelId === undefined ? models.current() : models.chosen(modelId).model)
        if (modelId !== undefined) models.choose(modelId)
        if (placement) models.registry.changeOverrides(models.chosen().model.id, { placement })
        await load(signal)
        return status()
      },
      cancelLoad() {
        for (const abort of loads.keys()) abort.abort()
      },
      plan({ modelId, placement }) {
        const { textPath, projectorPath } = models.registry.entry(modelId).model
        return engine.plan({ textPath, projectorPath }, placement, settings.current.vision)
      },
      unload: () => engine.unload(),
    },
  }
}

/** The engine's state as it concerns the chosen model: while another one is in memory, the chosen one is not loaded. */
function statusOf({ state }: Pick<Engine, 'state'>, models: Pick<Models, 'current'>): Omit<EngineStatus, 'thinking'> {
  const { id, name, isDemo, notice, textPath, projectorPath } = models.current()
  const isChosen =
    state.model === null || (state.model.textPath === textPath && state.model.projectorPath === projectorPath)
  const { backend, noGpuReason = null, devices = [] } = state
  const {
    state: phase,
    progress,
    contextTokens,
    error,
  } = isChosen ? state : ({ state: 'off', progress: null, contextTokens: null, error: null } as const)
  const {
    plan = null,
    vision = null,
    note = null,
    residentBytes = null,
  } = phase === 'off' || phase === 'failed' ? {} : state
  const how = { backend, noGpuReason, devices, plan, vision, note, residentBytes }
  return { state: phase, modelId: id, modelName: name, isDemo, notice, progress, contextTokens, ...how, error }
}
