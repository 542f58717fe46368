import type { ErrorInfo, Progress, Seen, ThinkingForm, VisionHow } from '#contract'
import type {
  AnswerRequest,
  AnswerResult,
  BackendChoice,
  ContextOptions,
  DeviceInfo,
  GpuVariant,
  MachineFacts,
  MemoryPlan,
  ModelFiles,
  TokenCount,
} from './types.ts'

/** A prompt to be counted, prepared or answered. `conversation` names the conversation whose KV state it continues. */
export interface PromptJob {
  readonly request: AnswerRequest
  readonly conversation: string | null
}

/** A variant of the libraries that is not tried, and why: it ended its process, or found no device. */
export interface SkippedVariant {
  readonly variant: GpuVariant
  readonly reason: string
}

/** How fast the processor is; measured by the process unless the core knows it already. */
export type ProcessorSpeed = Pick<MachineFacts, 'cpuBytesPerSecond' | 'cpuFlops' | 'towers'>

/** What the process finds to compute with. `cpuBytesPerSecond` 0: the speed could not be measured. */
export type Probed = Pick<MachineFacts, 'devices'> & ProcessorSpeed

/**
 * What the core asks of the engine process. `id` names the request in its replies, `requestId` the window's call that it
 * belongs to in the log.
 */
export type ToWorker = { readonly requestId?: string | null } & (
  | {
      readonly op: 'configure'
      readonly cachePath: string
      readonly backend: BackendChoice
      readonly skip: readonly SkippedVariant[]
    }
  | {
      readonly op: 'load'
      readonly id: number
      readonly model: ModelFiles
      readonly contextTokens: number | null
      readonly options: ContextOptions
    }
  | ({ readonly op: 'answer'; readonly id: number } & PromptJob)
  | ({ readonly op: 'prepare'; readonly id: number } & PromptJob)
  | ({ readonly op: 'count'; readonly id: number } & PromptJob)
  | {
      readonly op: 'batch'
      readonly id: number
      readonly model: ModelFiles
      readonly requests: readonly AnswerRequest[]
      readonly parallel: number
      /** Where memory is short it fails, and the model stays as it is. */
      readonly isSpare: boolean
    }
  | { readonly op: 'forget'; readonly id: number; readonly conversation: string }
  | { readonly op: 'unload'; readonly id: number }
  | { readonly op: 'probe'; readonly id: number; readonly known: ProcessorSpeed | null }
  | { readonly op: 'cancel'; readonly id: number }
)

/**
 * What the engine process reports. `done` and `failed` end a request, once. `loading` reports how far the request `id` has
 * loaded its model, which ends with `loaded` or `notLoaded`. `probing`: a variant is about to be tried, which ends with
 * `started`, or with the process; `unusable`: the process waits until it is ended.
 */
export type FromWorker =
  | { readonly type: 'probing'; readonly variant: GpuVariant }
  | { readonly type: 'unusable'; readonly skipped: SkippedVariant }
  | {
      readonly type: 'started'
      /** llama.cpp's release. */
      readonly release: string
      readonly backend: string
      readonly noGpuReason: string | null
      readonly devices: readonly DeviceInfo[]
    }
  | { readonly type: 'planned'; readonly plan: MemoryPlan; readonly note: string | null }
  | { readonly type: 'memory'; readonly residentBytes: number }
  /** The processor begins to encode a picture or a pair of frames, or is done with it: nothing shows how far it is between. */
  | { readonly type: 'encoding'; readonly goesOn: boolean }
  /** A picture or the pairs of frames of a video were encoded: tokens of one, and how long it took. */
  | { readonly type: 'encoded'; readonly tokens: number; readonly ms: number }
  | { readonly type: 'seen'; readonly id: number; readonly seen: Seen }
  | { readonly type: 'progress'; readonly id: number; readonly progress: Progress }
  | { readonly type: 'reasoning'; readonly id: number; readonly text: string }
  | { readonly type: 'reasoned'; readonly id: number; readonly ms: number; readonly tokens: number }
  | { readonly type: 'text'; readonly id: number; readonly text: string }
  | {
      readonly type: 'batchText'
      readonly id: number
      readonly index: number
      readonly of: 'reasoning' | 'text'
      readonly text: string
    }
  | { readonly type: 'batchEnd'; readonly id: number; readonly index: number; readonly end: AnswerResult | ErrorInfo }
  | {
      readonly type: 'loaded'
      readonly model: ModelFiles
      readonly contextTokens: number | null
      readonly options: ContextOptions
      readonly thinking: ThinkingForm
      readonly vision: VisionHow | null
    }
  | { readonly type: 'loading'; readonly id: number; readonly model: ModelFiles; readonly progress: number }
  | { readonly type: 'notLoaded'; readonly error: ErrorInfo }
  | { readonly type: 'unloaded' }
  | { readonly type: 'done'; readonly id: number; readonly result: AnswerResult | TokenCount | Probed | null }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorInfo }
