import { join } from 'node:path'
import type { Model, Profile } from '#contract'
import { createEngine } from './engine/index.ts'
import type { Engine, ModelSummary } from './engine/index.ts'
import { loggedWorkers } from './features/diagnostics/index.ts'
import { factsOf } from './features/chooseProfile/index.ts'
import { createExchange } from './features/exchange/index.ts'
import type { Exchange } from './features/exchange/index.ts'
import { openStore } from './lib/database/index.ts'
import { noLog } from './lib/log/log.ts'
import type { FileLog, Log } from './lib/log/log.ts'
import type { SpawnWorker } from './ports.ts'
import { createConversations } from './services/conversations/index.ts'
import { createMedia, createMediaProcess } from './services/media/index.ts'
import type { MediaProcess } from './services/media/index.ts'
import { demoModel } from './services/models/index.ts'
import { readProfiles, recognise } from './services/profiles/index.ts'
import type { Recognised } from './services/profiles/index.ts'

export {
  asAsked,
  lowerDetail,
  profileText,
  readPages,
  seenProfile,
  systemOf,
  jobOf,
  wantedJob,
  wantsWords,
  withDetail,
} from './features/ask/index.ts'
export { filesOfFolder } from './features/exchange/index.ts'
export type { PickedFile } from './features/exchange/index.ts'
export { parseProfile } from './services/profiles/index.ts'
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
  /** Opens PDFs and draws their pages, in a process that starts with the first one. */
  readonly paged: Pick<MediaProcess, 'pages' | 'page' | 'close'>
  /** The profiles that come with the app. Throws StorageFailed. */
  profiles(): readonly Profile[]
  /** The profile that a language model is recognised by; null: none. */
  recognised(textPath: string, summary: Pick<ModelSummary, 'names' | 'chatTemplate'>): Recognised | null
  close(): Promise<void>
}

/** Starts nothing by itself: the engine process comes with the first question. `log`: by default nothing is kept of it. */
export function createHeadless(
  ports: { spawnWorker: SpawnWorker; paths: { resources: string; cache: string } },
  log: Log & Pick<FileLog, 'write'> = { ...noLog, write: () => {} },
): Headless {
  const spawn = loggedWorkers(ports.spawnWorker, log)
  const engine = createEngine({ spawn, cachePath: ports.paths.cache, log })
  const paged = createMediaProcess({ spawnWorker: spawn })
  const profiles = () => readProfiles(ports.paths.resources)
  return {
    engine,
    demoModel: demoModel(ports.paths.resources),
    paged,
    profiles,
    recognised: (textPath, { names, chatTemplate }) =>
      recognise(profiles(), factsOf({ model: { textPath }, called: { names, chatTemplate, origin: '' } })),
    close() {
      paged.close()
      return engine.close()
    },
  }
}

/** The conversations of a data folder, to be exported and imported without a window. */
export interface OpenExchange extends Pick<Exchange, 'exportTo' | 'importFiles'> {
  close(): Promise<void>
}

/** Opens a data folder, made when missing. Throws Busy while a window has it, StorageFailed when it cannot be used. */
export function openExchange({ spawnWorker, data }: { spawnWorker: SpawnWorker; data: string }): OpenExchange {
  const store = openStore(data)
  const media = createMedia({
    ...{ db: store.db, folder: data, spawnWorker, filePaths: false, onFailure: () => {} },
    modelRoom: () => {
      throw new Error('Nothing is planned for a model without a window.')
    },
  })
  const conversations = createConversations(store.db)
  const { attachments } = media
  const exchange = createExchange({ conversations, attachments, folder: join(data, 'exchange'), wasGiven: () => false })
  return {
    exportTo: exchange.exportTo,
    importFiles: exchange.importFiles,
    async close() {
      exchange.close()
      await media.close()
      store.close()
    },
  }
}
