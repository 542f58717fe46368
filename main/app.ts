import { homedir } from 'node:os'
import { join } from 'node:path'
import { AppError, TRASH_DAYS } from '#contract'
import type { HostCommand, Sha256 } from '#contract'
import { createEngine, createIdleWork } from './engine/index.ts'
import type { Engine } from './engine/index.ts'
import { createAsk, createComposing } from './features/ask/index.ts'
import { createCaptureScreen } from './features/captureScreen/index.ts'
import type { CaptureGateway, Permits } from './features/captureScreen/index.ts'
import { createChooseProfile } from './features/chooseProfile/index.ts'
import { createChooseModel, createSourceTokens } from './features/chooseModel/index.ts'
import { createCompare } from './features/compare/index.ts'
import { createDiagnostics, logEngine, loggedCall, loggedWorkers } from './features/diagnostics/index.ts'
import { createDownloadModel } from './features/downloadModel/index.ts'
import type { DownloadProgress } from './features/downloadModel/index.ts'
import { createExchange } from './features/exchange/index.ts'
import { createInspectInput } from './features/inspectInput/index.ts'
import { createLoadModel } from './features/loadModel/index.ts'
import { createMeasureModel } from './features/measureModel/index.ts'
import { tryProjectors } from './features/tryProjectors/index.ts'
import { createDescriptions, createTitles } from './features/useIdleTime/index.ts'
import { openStore } from './lib/database/index.ts'
import type { Store } from './lib/database/index.ts'
import { Emitter, eventStream } from './lib/events.ts'
import { receivePosted } from './lib/http/attachments.ts'
import type { FileView, PostedFile } from './lib/http/attachments.ts'
import { errorFields, openLog } from './lib/log/log.ts'
import type { FileLog } from './lib/log/log.ts'
import { describeHost } from './ports.ts'
import type { Ports } from './ports.ts'
import type { Channel } from './rpc/channel.ts'
import { createRouter, createRpcServer } from './rpc/server.ts'
import { createBenchmarks } from './services/benchmarks/index.ts'
import { createCatalogue } from './services/catalogue/index.ts'
import { createConversations } from './services/conversations/index.ts'
import { createDownloads } from './services/downloads/index.ts'
import { createDrafts } from './services/drafts/index.ts'
import { createMedia } from './services/media/index.ts'
import type { AttachmentGateway, FrameSets } from './services/media/index.ts'
import { visionOf } from './lib/families/families.ts'
import { createModels } from './services/models/index.ts'
import type { Surroundings } from './services/models/index.ts'
import { createPresets } from './services/presets/index.ts'
import { createProfiles } from './services/profiles/index.ts'
import { createSettings } from './services/settings/index.ts'

export type { DownloadProgress } from './features/downloadModel/index.ts'
export type { AttachmentGateway, FrameSets } from './services/media/index.ts'

/** Pictures and frames that are there sooner are not worth a line of the log each, ms. */
const SLOW_MS = 40

/** How long conversations stay in the trash, and how often that is looked at beside every start, ms. */
const TRASH_MS = TRASH_DAYS * 86_400_000
const EMPTYING_MS = 3_600_000

/** The running core of one data folder. */
export interface App {
  /** Answers one client's calls until its channel closes or the returned function is called. */
  readonly serve: (channel: Channel) => () => void
  /** Tells every window what the user asks in the shell's own menus. */
  readonly command: (command: HostCommand) => void
  /**
   * Takes the bytes that a window posts to one of the addresses it was given. Throws NotFound for any other address, and
   * what the stores throw.
   */
  readonly receive: (address: string, body: AsyncIterable<Uint8Array>, signal?: AbortSignal) => Promise<PostedFile>
  /**
   * Lets windows have the file at this path stored: its user gave it to one of them, by a drop, a dialog or from the clipboard.
   * No other path that a window names is opened.
   */
  readonly giveFile: (path: string) => void
  /** Puts files of this computer that were opened with the app into the question that starts a conversation. */
  readonly openFiles: (paths: readonly string[]) => Promise<void>
  /** Where a shell's upload and picture addresses end. */
  readonly attachments: AttachmentGateway
  /** Where its addresses of frames of videos end. */
  readonly frames: Pick<FrameSets, 'store' | 'storePoster' | 'open'>
  /** Where a shell's addresses of captured pictures end. */
  readonly captures: Pick<CaptureGateway, 'open'>
  /** Begins a capture of the screen from the shell's own menus. */
  readonly startCapture: () => void
  /** What the window was just allowed to see of camera and screen; the shell asks when the window does. */
  readonly permits: Pick<Permits, 'has' | 'take'>
  /** Tells how the downloads are going, now and when that changes (at most four times a second); returns how to stop it. */
  readonly onDownloads: (listener: (progress: DownloadProgress) => void) => () => void
  /** Keeps what running answers have written, then ends the workers and frees the data folder. */
  readonly close: () => Promise<void>
}

/**
 * Opens the data folder and starts the core; the engine's process starts with the first question. Throws Busy when
 * another process has the folder, StorageFailed when it cannot be used. `surroundings`: where other programs keep models.
 */
export function createApp(
  ports: Ports,
  parts: { engine?: Engine; second?: Engine; surroundings?: Surroundings } = {},
): App {
  const { paths, host, dialogs, files, secrets, capture, shortcuts } = ports
  const logs = join(paths.data, 'logs')
  const log = openLog({ folder: logs, part: 'core' })
  const store = openLogged(paths.data, log)
  const { db } = store
  log.info('core.started', { version: host.version, node: process.versions.node, platform: process.platform })
  const spawnWorker = loggedWorkers(ports.spawnWorker, log)
  const onFatal = (error: Error): void => log.fatal('process.failed', errorFields(error))
  process.on('uncaughtExceptionMonitor', onFatal)
  const defect = (error: unknown): void => {
    log.error('defect', errorFields(error))
    process.emitWarning(error instanceof Error ? (error.stack ?? error.message) : String(error), 'Defect')
  }

  // The services, one resource each.
  const conversations = createConversations(db)
  const drafts = createDrafts(db)
  const settings = createSettings(db)
  const idle = createIdleWork((error) => log.warn('idle.failed', errorFields(error)))
  const ownEngine = parts.engine ?? createEngine({ spawn: spawnWorker, cachePath: paths.cache, log })
  const engine = idle.attend(ownEngine)
  const modelsFolder = () => settings.current.modelsFolder ?? join(paths.data, 'models')
  const models = createModels({
    db,
    resources: paths.resources,
    choice: { get: () => settings.current.modelId, set: (modelId) => void settings.update({ modelId }) },
    vision: () => settings.current.vision,
    folder: { get: modelsFolder, set: (modelsFolder) => void settings.update({ modelsFolder }) },
    onChange: (listener) => settings.onChange(listener),
    inspect: (pair, adapters) => engine.inspect(pair, adapters),
    inspectFile: (path, signal) => engine.inspectFile(path, signal),
    planOneFile: (path, name) => engine.planOneFile(path, name),
    surroundings: parts.surroundings ?? { home: homedir(), env: process.env, platform: process.platform },
    engine,
    endOtherUses: () => compare.end(),
    titleOf: (id) => conversations.get(id).title,
    pictureOf: (sha) => media.attachments.pathOf(sha),
    tryProjectors: (question, signal) =>
      tryProjectors({ ...question, vision: settings.current.vision }, engine, signal),
    files,
    holdsFolder: () => downloading.holdsFolder(),
  })
  const benchmarks = createBenchmarks(db)
  const media = createMedia({
    ...{ db, folder: paths.data, spawnWorker, filePaths: host.filePaths, modelRoom },
    onFailure: defect,
  })
  const { attachments, frames } = media
  const tokens = createSourceTokens(secrets)
  const catalogue = createCatalogue({
    resources: paths.resources,
    userAgent: `${host.name}/${host.version}`,
    sources: () => settings.current.sources,
    token: (source) => tokens.get(source),
  })

  const profiles = createProfiles({ db, resources: paths.resources })

  // The features, which combine them.
  const choosingProfile = createChooseProfile({ profiles, models })
  const compare = createCompare({
    first: engine,
    second: idle.attend(
      parts.second ?? createEngine({ spawn: spawnWorker, cachePath: join(paths.cache, 'second'), log }),
    ),
  })
  const profileOf = choosingProfile.of
  const titles = createTitles({ conversations, settings, models, profileOf, engine: ownEngine, idle })
  const composing = createComposing({ drafts, attachments, conversations, models })
  const asking = { conversations, drafts: composing, settings, models, attachments, frames }
  const descriptions = createDescriptions({
    ...{ conversations, settings, models, profileOf, attachments, engine: ownEngine, asked: engine, idle },
  })
  const ask = createAsk({ ...asking, profileOf, engine, second: compare, onAnswered: titles.answered })
  const loading = createLoadModel({ models, engine, settings, makeWay: (model) => compare.makeWay(model) })
  const measuring = createMeasureModel({ models, settings, engine, benchmarks, resources: paths.resources })
  const downloading = createDownloadModel({
    catalogue,
    models,
    createQueue: (hooks) => createDownloads({ db, modelsFolder, ...hooks }),
    isFolderMoving: () => models.isFolderMoving(),
  })
  const choosing = createChooseModel({
    ...{ catalogue, tokens, modelsFolder, openHead: downloading.heads.open },
    engine: { machine: async () => ({ ...(await engine.machine()), vision: settings.current.vision }) },
    modelOf: (entryId, quantization) => models.madeOf(entryId, quantization),
  })
  const presets = createPresets({
    ...{ db, resources: paths.resources },
    checkFormat: (schema) => ask.checkFormat({ schema }).problem,
  })
  const capturing = createCaptureScreen({ capture, shortcuts, settings })
  const diagnostics = createDiagnostics({
    ...{ host, paths, engine, log, logs, files, modelsFolder },
    sqliteVersion: () => db.prepare('SELECT sqlite_version()').pluck().get() as string,
  })
  const exchange = createExchange({
    ...{ conversations, attachments, folder: join(paths.data, 'exchange') },
    wasGiven: (path) => media.wasGiven(path),
    // as a preset of the conversation, which can be taken off
    keepSystem: (id, systemPrompt) =>
      drafts.save(id, {
        ...drafts.get(id),
        preset: { name: 'Imported', systemPrompt: systemPrompt.slice(0, 500_000) },
      }),
  })
  const inspecting = createInspectInput({ conversations, models })
  const commands = new Emitter<HostCommand>()
  logEngine(engine, log)

  // Files that neither a message nor a draft holds are removed, with the frames of videos and what was computed of them.
  const collect = (left?: ReadonlyMap<string, number>) =>
    media
      .collect(() => [...conversations.referencedShas(), ...drafts.referencedShas()], left)
      .then((names) => Promise.all([engine, compare].map((one) => one.forgetMedia(names))))
      .catch(defect)
  void collect()
  const tidying = models.tidy()

  /** Removes conversations for good, with what they alone hold; those that are gone by then are passed over. */
  const removeAll = async (ids: readonly string[]) => {
    const left = new Map<string, number>()
    const composed = new Set<string>()
    try {
      for (const id of ids) if (!isClosing) await removeOne(id, left, composed)
    } finally {
      // another window goes on with the drafts as its next questions
      for (const sha of composed) left.delete(sha)
      // the next start does it too
      if (ids.length > 0 && !isClosing) await collect(left)
    }
  }
  /** Removes one; notes the files that it held, and those of its draft. */
  const removeOne = async (id: string, left: Map<string, number>, composed: Set<string>) => {
    try {
      await ask.remove(id, () => {
        for (const { sha, askedAt } of [id, ...conversations.pieces(id)].flatMap((one) => conversations.heldBy(one)))
          left.set(sha, Math.max(askedAt, left.get(sha) ?? 0))
        for (const sha of drafts.referencedShas(id)) composed.add(sha)
        conversations.remove(id)
      })
    } catch (error) {
      if (error instanceof AppError && error.code === 'NotFound') return
      throw error
    }
    for (const one of [engine, compare]) one.forget(id).catch(defect)
  }
  let isClosing = false
  let emptied = Promise.resolve()
  const emptyOld = () => {
    emptied = removeAll(conversations.discardedBefore(Date.now() - TRASH_MS)).catch(defect)
  }
  emptyOld()
  const emptying = setInterval(emptyOld, EMPTYING_MS).unref()

  /** What a plan for a video has to know of the chosen model; how long encoding took comes from this run first. */
  function modelRoom() {
    const { model, family, overrides, contextTokens } = models.chosen()
    const { vision } = settings.current
    const { model: loaded, encoding, vision: looks } = engine.state
    // what one setting took tells nothing of another
    const isSame = looks?.setting === null || looks?.setting === vision
    const isLoaded = isSame && loaded?.textPath === model.textPath && loaded.projectorPath === model.projectorPath
    return {
      budget: overrides.budget ?? settings.current.budget ?? model.defaults.budget,
      contextTokens,
      vision: visionOf(family ?? 'qwen2vl'),
      encoded: [...(isLoaded && encoding ? [encoding] : []), ...benchmarks.encodedPictures(model.id, vision)],
    }
  }

  const router = createRouter({
    host: {
      describe: () => describeHost(ports),
      pickFile: (options) => {
        if (!dialogs)
          throw new AppError('NotYetSupported', 'Files cannot be picked from this window. Type the path of the file.')
        return dialogs.pickFile(options)
      },
      watch: (_, { signal }) =>
        eventStream(
          ({ push }) => {
            const offs = [commands.on(push), capturing.commands.on(push)]
            return () => offs.forEach((off) => off())
          },
          { signal },
        ),
    },
    modelFiles: {
      check: ({ paths }, { signal }) => engine.checkFiles(paths, signal),
    },
    conversations: {
      ...conversations.procedures,
      discard: async ({ ids }) => {
        // first, so that no further question comes
        conversations.discard(ids)
        await ask.stopIn(ids)
      },
      emptyTrash: async ({ ids }) => {
        const discarded = conversations.discardedBefore(Infinity)
        const wanted = ids && new Set(ids)
        await removeAll(wanted ? discarded.filter((id) => wanted.has(id)) : discarded)
      },
      remove: async ({ id }) => {
        conversations.get(id)
        await removeAll([id])
      },
    },
    folders: conversations.folders.procedures,
    gallery: descriptions.procedures,
    ...models.procedures,
    ...media.procedures,
    ask: ask.procedures,
    drafts: composing.procedures,
    engine: loading.procedures,
    catalogue: choosing.procedures,
    downloads: downloading.procedures,
    benchmark: measuring.procedures,
    capture: capturing.procedures,
    presets: presets.procedures,
    profiles: choosingProfile.procedures,
    settings: settings.procedures,
    diagnostics: diagnostics.procedures,
    exchange: exchange.procedures,
    inputs: inspecting.procedures,
  })

  const stores = {
    attachments: {
      ...attachments,
      address: host.attachments,
      store: loggedCall(log, 'attachments.store', attachments.store),
      // an export is a file with a digest like any other
      open: loggedCall(
        log,
        'attachments.open',
        async (sha: Sha256, view?: FileView) => exchange.find(sha) ?? attachments.open(sha, view),
        SLOW_MS,
      ),
    },
    frames: {
      store: loggedCall(log, 'frames.store', frames.store, SLOW_MS),
      storePoster: loggedCall(log, 'frames.storePoster', frames.storePoster),
      open: frames.open,
    },
    captures: capture && { ...capturing.gateway, address: capture.address },
    imports: { store: loggedCall(log, 'imports.store', exchange.receive) },
  }

  const server = createRpcServer(router, defect, log)
  const served = new Set<() => void>()
  let closing: Promise<void> | null = null

  const close = async () => {
    isClosing = true
    clearInterval(emptying)
    // First of all what runs is stored: whoever waits for this may lose patience.
    ask.close()
    capturing.close()
    exchange.close()
    for (const end of served) end()
    await emptied
    await idle.close()
    const mediaClosed = media.close()
    await downloading.close()
    await models.close()
    await Promise.all([engine.close(), compare.close()])
    await mediaClosed
    await tidying
    store.close()
    log.info('core.closed')
    await log.close()
    process.off('uncaughtExceptionMonitor', onFatal)
  }

  return {
    command: (command) => commands.emit(command),
    receive: (address, body, signal) => receivePosted(stores, address, body, signal),
    giveFile: (path) => media.giveFile(path),
    async openFiles(paths) {
      await media.openFiles(paths)
      commands.emit({ type: 'openFiles' })
    },
    attachments: stores.attachments,
    frames: stores.frames,
    captures: capturing.gateway,
    startCapture: () => capturing.startFromShell(),
    permits: capturing.permits,
    onDownloads: (listener) => downloading.onProgress(listener),
    serve(channel) {
      const end = server.serve(channel)
      served.add(end)
      channel.onClose(() => served.delete(end))
      return end
    },
    close: () => (closing ??= close()),
  }
}

/** Opens the data folder; why that failed is in its log, unless another process has the folder and writes that log. */
function openLogged(folder: string, log: FileLog): Store {
  try {
    return openStore(folder, ({ sql, ms }) => log.warn('query.slow', { sql, ms }))
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'Busy') log.fatal('start.failed', errorFields(error))
    throw error
  }
}
