import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { AppError } from '#contract'
import { createHeadless } from '../headless.ts'
import type { AnswerEvent, AnswerRequest, AnswerResult, Engine } from '../headless.ts'
import type { SpawnWorker } from '../ports.ts'

/** An engine as the measurements use it: its own process, and a cache folder of its own that starts empty. */
export interface BenchEngine {
  readonly engine: Engine
  /** Id of the engine's process. @throws AppError EngineFailed before it was started. */
  pid(): number
  /** The whole answer. `onEvent` sees each event as it comes. */
  answer(
    request: AnswerRequest,
    options?: { signal?: AbortSignal; conversationId?: string; onEvent?: (event: AnswerEvent) => void },
  ): Promise<{ text: string; result: AnswerResult }>
  close(): Promise<void>
}

/** `cache`: a folder to keep; without it a new one, which is removed with the engine. */
export type EngineStarter = (cache?: string) => Promise<BenchEngine>

/** Makes engines whose processes come from `spawn` and whose demo model and samples lie in `resources`. */
export function engineStarter(ports: { spawnWorker: SpawnWorker; paths: { resources: string } }): EngineStarter {
  return async (kept) => {
    const cache = kept ?? (await mkdtemp(path.join(tmpdir(), 'sightline-bench-')))
    let pid: number | undefined
    const spawnWorker: SpawnWorker = (name) => {
      const worker = ports.spawnWorker(name)
      if (name === 'engine') pid = worker.pid
      return worker
    }
    const { engine } = createHeadless({ spawnWorker, paths: { resources: ports.paths.resources, cache } })
    return {
      engine,
      pid: () => {
        if (pid === undefined)
          throw new AppError('EngineFailed', "The model's process was not started, so it cannot be measured.")
        return pid
      },
      answer: async (request, { onEvent, ...options } = {}) => {
        let text = ''
        for await (const event of engine.answer(request, options)) {
          onEvent?.(event)
          if (event.type === 'text') text += event.text
          if (event.type === 'done') return { text, result: event.result }
        }
        throw new AppError('EngineFailed', 'The model ended an answer without its figures. Run the benchmark again.')
      },
      close: async () => {
        await engine.close()
        if (kept === undefined) await rm(cache, { recursive: true, force: true })
      },
    }
  }
}
