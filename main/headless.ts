import type { Model } from '#contract'
import { createEngine } from './engine/index.ts'
import type { Engine } from './engine/index.ts'
import { loggedWorkers } from './features/diagnostics/index.ts'
import { noLog } from './lib/log/log.ts'
import type { SpawnWorker } from './ports.ts'
import { demoModel } from './services/models/index.ts'

export {
  asAsked,
  jobOf,
  lowerDetail,
  profileText,
  readPages,
  seenProfile,
  systemOf,
  withDetail,
} from './features/ask/index.ts'
export { readProfiles, recognise } from './services/profiles/index.ts'
export type {
  AnswerEvent,
  AnswerRequest,
  AnswerResult,
  ChatMessage,
  ChatPart,
  Engine,
  ModelFiles,
  ModelSummary,
  SizeOptions,
  Source,
} from './engine/index.ts'

/** The core without conversations, store or window: what the command line drives. */
export interface Headless {
  readonly engine: Engine
  readonly demoModel: Model
  close(): Promise<void>
}

/** Starts nothing by itself: the engine process comes with the first question. */
export function createHeadless(ports: {
  spawnWorker: SpawnWorker
  paths: { resources: string; cache: string }
}): Headless {
  // lines that the engine's process logs are for the app's own files
  const spawn = loggedWorkers(ports.spawnWorker, { ...noLog, write: () => {} })
  const engine = createEngine({ spawn, cachePath: ports.paths.cache })
  return { engine, demoModel: demoModel(ports.paths.resources), close: () => engine.close() }
}
