import type { ErrorInfo, Progress } from '#contract'
import type { AnswerRequest, AnswerResult, ModelFiles, TokenCount } from './types.ts'

/** What the core asks of the engine process. `id` names the request in its replies. */
export type ToWorker =
  | { readonly op: 'load'; readonly id: number; readonly model: ModelFiles; readonly contextTokens: number | null }
  | { readonly op: 'answer'; readonly id: number; readonly request: AnswerRequest }
  | { readonly op: 'prepare'; readonly id: number; readonly request: AnswerRequest }
  | { readonly op: 'unload'; readonly id: number }
  | { readonly op: 'cancel'; readonly id: number }

/** What the engine process says. `done`, `failed`: the request's end, once. `loaded` and `unloaded` keep the core's state right. */
export type FromWorker =
  | { readonly type: 'started'; readonly backend: string }
  | { readonly type: 'progress'; readonly id: number; readonly progress: Progress }
  | { readonly type: 'text'; readonly id: number; readonly text: string }
  | { readonly type: 'loaded'; readonly model: ModelFiles; readonly contextTokens: number }
  | { readonly type: 'unloaded' }
  | { readonly type: 'done'; readonly id: number; readonly result: AnswerResult | TokenCount | null }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorInfo }
