import type { VisionSetting } from '#contract'
import { inspectModel } from '../gguf/inspectModel.ts'
import type { InspectedModel } from '../gguf/inspectModel.ts'
import { systemFreeBytes } from '../memory/memoryModel.ts'
import {
  AUTO_CONTEXT,
  fitContext,
  fits,
  lowerPlan,
  makePlan,
  outOfMemory,
  resolveOptions,
  usualPicture,
} from '../memory/plan.ts'
import type { PlanInput } from '../memory/plan.ts'
import type { ContextOptions, MemoryPlan, ModelFiles } from '../types.ts'
import type { Runtime } from './native/runtime.ts'

/** What a plan has to provide for: a context in tokens (null: sized by the prompts), pictures up to so many pixels. */
export interface PlanRequest {
  readonly contextTokens: number | null
  readonly options?: ContextOptions
  readonly picturePixels?: number
}

/** How often a plan is lowered before an out-of-memory error is passed on. */
const MAX_STEPS = 6

/** The memory plan of one model while it is loaded: made before, lowered when memory runs out, redrawn for another context. */
export class Planner {
  readonly files: ModelFiles
  readonly model: InspectedModel
  /** Is called after every change. */
  onChange: () => void = () => {}
  /** With what the present context is made, or will be. */
  options: ContextOptions
  private readonly input: PlanInput
  private current: MemoryPlan
  private steps = 0
  /** No context is made larger than this any more, unless the prompt needs it. */
  private limit = Infinity
  private ranOut: string | null = null
  private template: string | null = null
  private wanted: number

  private constructor(files: ModelFiles, model: InspectedModel, options: ContextOptions, input: PlanInput) {
    this.files = files
    this.model = model
    this.options = options
    this.input = input
    this.wanted = input.contextTokens
    this.current = makePlan(input)
  }

  /** Reads both headers and plans with the memory that is free now. @throws AppError as `inspectModel`; OutOfMemory. */
  static async create(runtime: Runtime, files: ModelFiles, request: PlanRequest): Promise<Planner> {
    const model = await inspectModel(files)
    const { name } = runtime.gpu ?? {}
    const trained = model.trainedContext * (request.options?.yarnFactor ?? 1)
    return new Planner(files, model, request.options ?? {}, {
      text: model.text,
      projector: model.projector,
      contextTokens: Math.min(request.contextTokens ?? AUTO_CONTEXT, trained),
      ...kvOf(model, request.options),
      mostGpuLayers: request.options?.gpuLayers,
      vision: request.options?.vision,
      picturePixels: request.picturePixels ?? usualPicture(model.projector),
      devices: runtime.devices().filter((device) => device.kind === 'cpu' || device.name === name),
      systemFreeBytes: systemFreeBytes(),
    })
  }

  /** Whether the places it has chosen are those that `options` allow: what a model was loaded with cannot be changed. */
  allows({ gpuLayers, vision = 'balanced' }: ContextOptions = {}): boolean {
    return gpuLayers === this.input.mostGpuLayers && (!this.seesOnCpu || vision === this.vision)
  }

  /** Whether it is the processor that looks at pictures, in the way that was chosen for it. */
  get seesOnCpu(): boolean {
    return this.model.projector !== null && this.current.visionDevice === null
  }

  /** How the model looks at pictures. What a graphics card computes with is near enough to the exact numbers to be `balanced`. */
  get vision(): VisionSetting {
    return this.seesOnCpu ? (this.input.vision ?? 'balanced') : 'balanced'
  }

  get plan(): MemoryPlan {
    return this.current
  }

  /** Why the chat template of the model that was loaded is not used, to complete a sentence; null: it is. */
  set templateProblem(problem: string | null) {
    if (this.template === problem) return
    this.template = problem
    this.onChange()
  }

  /** What the user should know of the plan; null when everything is as wished. */
  get note(): string | null {
    const { gpuLayers, layers, contextTokens } = this.current
    const tokens = (count: number) => count.toLocaleString('en')
    const notes = [
      this.ranOut,
      this.template &&
        `The model's own chat template cannot be used (${this.template}). ChatML is used instead, the form that all Qwen models know.`,
      this.hasGpu && gpuLayers < layers
        ? `${gpuLayers} of ${layers} layers are on the graphics card; the others compute on the processor.`
        : null,
      contextTokens < this.wanted
        ? `The context was made smaller to save memory: ${tokens(contextTokens)} tokens instead of ${tokens(this.wanted)}.`
        : null,
    ]
    return notes.filter((note) => note !== null).join(' ') || null
  }

  /**
   * The context to make when `wanted` tokens are wished and `needed` must fit: smaller where memory is short.
   * @throws AppError OutOfMemory when not even the needed ones fit.
   */
  context(wanted: number, needed: number, options?: ContextOptions): number {
    const input: PlanInput = {
      ...this.input,
      ...kvOf(this.model, options),
      contextTokens: Math.min(wanted, Math.max(this.limit, needed)),
      neededTokens: needed,
    }
    const plan = fitContext(this.current, input)
    if (!fits(plan, input)) throw outOfMemory(plan, input)
    if (JSON.stringify(options ?? {}) !== JSON.stringify(this.options)) this.options = options ?? {}
    this.change(plan, wanted)
    return plan.contextTokens
  }

  /** Gives up one thing after memory ran out. Returns what has to be made again, null when nothing is left to give up. */
  lower(): 'context' | 'model' | null {
    const before = this.current
    const lowered = this.steps < MAX_STEPS ? lowerPlan(before, this.input) : null
    if (!lowered) return null
    this.steps++
    const keepsModel = lowered.gpuLayers === before.gpuLayers && lowered.visionDevice === before.visionDevice
    if (keepsModel) this.limit = lowered.contextTokens
    this.ranOut = 'Memory ran out.'
    this.change(lowered)
    return keepsModel ? 'context' : 'model'
  }

  private get hasGpu(): boolean {
    return this.input.devices.some(({ kind }) => kind !== 'cpu')
  }

  private change(plan: MemoryPlan, wanted = this.wanted): void {
    const shown = () => JSON.stringify([this.current, this.note])
    const before = shown()
    this.current = plan
    this.wanted = wanted
    if (shown() !== before) this.onChange()
  }
}

function kvOf(model: InspectedModel, options: ContextOptions = {}): Pick<PlanInput, 'kvType' | 'flashAttention'> {
  const { kvType, flashAttention } = resolveOptions({ facts: model.text }, options)
  return { kvType, flashAttention: flashAttention !== 'off' }
}
