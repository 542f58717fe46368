import { oc, eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { ErrorInfo } from './errors.ts'

/**
 * `off`: no model in memory. `loading`: with progress 0..1. `ready`: answers. `restarting`: after a crash, waiting its
 * back-off. `failed`: `error` says why and what to do.
 */
export const EngineStatus = z.object({
  state: z.enum(['off', 'loading', 'ready', 'restarting', 'failed']),
  modelId: z.string().nullable(),
  modelName: z.string().nullable(),
  isDemo: z.boolean(),
  notice: z.string().nullable(),
  progress: z.number().min(0).max(1).nullable(),
  /** What computes, e.g. "CPU (zen4)", once known. */
  backend: z.string().nullable(),
  /** Context size in tokens of the loaded model. */
  contextTokens: z.int().nullable(),
  error: ErrorInfo.nullable(),
})
export type EngineStatus = z.infer<typeof EngineStatus>

export const engine = {
  /** The present status at once, then every change. */
  watch: oc.output(eventIterator(EngineStatus)),
  /** Loads the current model if it is not loaded; answers when it is ready. */
  load: oc.output(EngineStatus),
  unload: oc.output(z.void()),
}
