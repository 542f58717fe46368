import { AppError, toErrorInfo, say } from '#contract'
import type { ErrorInfo } from '#contract'
import type { AnswerRequest, AnswerResult, LoraAdapter } from '../types.ts'
import { Aborted } from './aborted.ts'
import { Answering } from './answering.ts'
import { LanguageContext } from './language/context.ts'
import type { LanguageModel } from './language/languageModel.ts'
import { NativeContext } from './language/nativeContext.ts'
import type { Pointer } from './native/ffi.ts'
import type { Runtime } from './native/runtime.ts'
import type { Prompt } from './prompt/prompt.ts'

/** What a batch needs of its session, and where its texts go. */
export interface BatchHost {
  readonly runtime: Runtime
  readonly model: LanguageModel
  prompt(request: AnswerRequest): Promise<Prompt>
  embed(prompt: Prompt, media: string, signal: AbortSignal): Promise<Float32Array>
  /** Makes a native context compute with these adapters. */
  adapt(context: Pointer, adapters: readonly LoraAdapter[]): Promise<void>
  /** Is called between steps and does what goes first, such as a question that somebody waits for. */
  giveWay(): Promise<void>
  onReasoning(index: number, text: string): void
  onText(index: number, text: string): void
  onEnd(index: number, end: AnswerResult | ErrorInfo): void
}

interface Slot {
  readonly index: number
  readonly context: LanguageContext
  readonly answering: Answering
  /** Drawn, or to be gone on with, and not yet in the KV cache. */
  readonly waiting: number[]
}

const DEFAULT_CONTEXT = 4096

/**
 * Answers many requests together: up to `parallel` sequences share each step of the model, and as one ends the next
 * request takes its place (continuous batching). An error ends one request only; an abort ends all.
 */
export async function runBatch(
  host: BatchHost,
  requests: readonly AnswerRequest[],
  parallel: number,
  signal: AbortSignal,
): Promise<void> {
  const { runtime, model } = host
  const contextTokens = Math.min(
    Math.max(...requests.map((request) => request.contextTokens ?? DEFAULT_CONTEXT)),
    model.facts.trainedContext,
  )
  const sequences = Math.max(1, Math.min(parallel, requests.length))
  const native = await NativeContext.create(runtime, model, contextTokens, requests[0]?.context ?? {}, { sequences })
  const free = Array.from({ length: sequences }, (_, sequence) => new LanguageContext(native, sequence))
  const active: Slot[] = []
  let next = 0

  const admit = async (context: LanguageContext, index: number): Promise<void> => {
    const request = requests[index]!
    using owned = new DisposableStack()
    try {
      if (adaptersOf(request) !== adaptersOf(requests[0]!))
        throw new AppError(
          'InvalidInput',
          say`The questions of one batch must use the same LoRA adapters. Ask the others in a batch of their own.`,
        )
      const prompt = await host.prompt(request)
      const answering = owned.use(
        new Answering({
          runtime,
          tokenizer: model.tokenizer,
          request,
          prompt,
          contextTokens: native.size,
          contextLimit: model.facts.trainedContext,
          started: performance.now(),
          listener: {
            reasoning: (text) => host.onReasoning(index, text),
            reasoned: () => {},
            text: (text) => host.onText(index, text),
          },
        }),
      )
      await answering.prefill(
        context,
        (media) => host.embed(prompt, media, signal),
        () => {},
        signal,
      )
      const tokens = await answering.draw(native.handle, -1)
      answering.tell()
      const slot = { index, context, answering, waiting: [...(tokens ?? [])] }
      // from here on its end frees it, also one that fails
      owned.move()
      if (tokens === null) end(slot)
      else active.push(slot)
    } catch (error) {
      if (error instanceof Aborted) throw error
      free.push(context)
      host.onEnd(index, toErrorInfo(error))
    }
  }
  const end = ({ index, context, answering }: Slot): void => {
    using ended = answering
    host.onEnd(index, ended.finish())
    free.push(context)
  }
  /** One token for every active sequence. */
  const step = async (): Promise<void> => {
    const count = active.length
    const given = active.map((slot) => slot.waiting.shift()!)
    await native.decode(
      {
        count,
        tokens: Int32Array.from(given),
        embeddings: null,
        positions: Int32Array.from(active, (slot) => slot.context.position),
        logits: new Int8Array(count).fill(1),
        sequences: active.map((slot) => slot.context.sequence),
      },
      signal,
    )
    const drawn: (readonly number[] | null)[] = []
    for (const [i, slot] of active.entries()) {
      slot.context.noteToken(given[i]!)
      drawn.push(slot.waiting.length > 0 ? [] : await slot.answering.draw(native.handle, i))
      slot.answering.tell()
    }
    for (const [i, tokens] of [...drawn.entries()].reverse()) {
      if (tokens !== null) active[i]!.waiting.push(...tokens)
      else end(...(active.splice(i, 1) as [Slot]))
    }
  }

  try {
    await host.adapt(native.handle, requests[0]?.lora ?? [])
    while (next < requests.length || active.length > 0) {
      await host.giveWay()
      signal.throwIfAborted()
      const context = next < requests.length ? free.pop() : undefined
      if (context) await admit(context, next++)
      else await step()
    }
  } finally {
    for (const { answering } of active) answering[Symbol.dispose]()
    await native.free()
  }
}

const adaptersOf = ({ lora = [] }: AnswerRequest): string => JSON.stringify(lora)
