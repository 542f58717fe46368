import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AppError, say } from '#contract'
import type { Model, ModelFamily, ModelOverrides, VisionSetting } from '#contract'
import type { Database } from '../../lib/database/index.ts'
import { demoModelId } from './demo.ts'
import { createRegistry } from './registry.ts'
import type { NewFile, Registry } from './registry.ts'
import type { About, Adapter, Called, Entry, InspectModel, ModelFacts, ModelPair, Origin } from './types.ts'

/** Where the id of the chosen model is kept; null: the demo model. */
export interface ModelChoice {
  get(): string | null
  set(id: string | null): void
}

/** A model with what the user chose for it. */
export interface Chosen {
  readonly model: Model
  /** Whose models see as it does; null: nothing tells it. */
  readonly family: ModelFamily | null
  readonly overrides: ModelOverrides
  readonly adapters: readonly Adapter[]
  /** What tells what it is a fine-tune of. */
  readonly called: Called & { readonly origin: string }
  /** Size of the context in tokens: the user's, else the model's default. */
  readonly contextTokens: number
  /** What the user chose of how it is placed, else as the memory plan decides, and of how it looks at pictures. */
  readonly context: {
    readonly kvType?: 'f16' | 'q8_0' | 'q4_0'
    readonly gpuLayers?: number
    readonly vision?: VisionSetting
  }
}

/** The models that are known and the one that is chosen. */
export interface ModelList {
  /** The demo model, then those the user added, in that order. */
  list(): Model[]
  /** The chosen model; the demo model when none was chosen or the chosen one is not known any more. */
  current(): Model
  /** The chosen model, or the one with this id, with what the user chose for it. Throws NotFound for an unknown id. */
  chosen(id?: string): Chosen
  /** Each of the models, with what the user chose for it. */
  all(): Chosen[]
  /** `register`, then `choose`. */
  add(files: ModelPair): Promise<Model>
  /**
   * Checks the files and keeps them as a model; the same files are one model, whose facts are read again. Throws what
   * `inspect` throws; nothing is changed then.
   */
  register(files: ModelPair, about?: About): Promise<Model>
  /** Reads the facts of a model's language model with another projector, or none, and keeps both. Throws as `register`. */
  setProjector(id: string, projectorPath: string | null): Promise<Entry>
  /** Throws NotFound. */
  choose(id: string): Model
  /** Forgets an added model; its files stay. Throws NotFound, and InvalidInput for the demo model. */
  remove(id: string): void
  /** Gives a model another context from now on, in tokens. Throws NotFound. */
  setContext(id: string, contextTokens: number): void
  /** A question went to this model in a conversation. A model that has been removed meanwhile is passed over. */
  used(id: string, conversationId: string): void
  /** Id of the model that was made of a quantization of a catalogue entry; null when there is none. */
  madeOf(entryId: string, quantization: string): string | null
  /** The rows behind it, for the library. */
  readonly registry: Registry
}

const here: Origin = { label: 'This computer', entryId: null, quantization: null }

/** The models this app knows: the demo model of `resources` and those in `db`. `now` gives the time in ms. */
export function createModelList(options: {
  db: Database
  resources: string
  choice: ModelChoice
  inspect: InspectModel
  /** How the processor is to look at pictures; left out: as the engine does by itself. */
  vision?: () => VisionSetting
  now?: () => number
}): ModelList {
  const { choice, inspect, vision, now = Date.now } = options
  const registry = createRegistry(options.db, options.resources, now)

  const currentEntry = (): Entry => {
    const entries = registry.entries()
    return entries.find(({ model }) => model.id === choice.get()) ?? entries[0]!
  }
  const choose = (id: string): Model => {
    const { model } = registry.entry(id)
    choice.set(id === demoModelId ? null : id)
    return model
  }
  const register = async (
    { textPath: text, projectorPath: projector }: ModelPair,
    about: About = {},
  ): Promise<Model> => {
    const textPath = resolve(text)
    const projectorPath = projector === null ? null : resolve(projector)
    const present = registry.withFiles(textPath, projectorPath)
    if (present?.model.isDemo) return present.model
    const facts = await inspect({ textPath, projectorPath })
    const files = await filesOf(facts, projectorPath, about)
    // looked up again: the same pair may have been added meanwhile
    const known = registry.withFiles(textPath, projectorPath)
    const id = known?.model.id ?? randomBytes(8).toString('hex')
    if (!known) registry.add({ id, facts, givenName: about.name ?? null, origin: about.origin ?? here, files })
    else {
      registry.setFacts(
        id,
        facts,
        files.map((file) => withKnownDigest(file, known)),
      )
      if (about.origin) registry.setOrigin(id, about.origin)
    }
    if (about.apartFrom !== undefined) registry.setApartFrom(id, about.apartFrom)
    return registry.entry(id).model
  }

  return {
    registry,
    list: () => registry.entries().map(({ model }) => model),
    current: () => currentEntry().model,
    chosen: (id) => chosenOf(id === undefined ? currentEntry() : registry.entry(id), vision?.()),
    all: () => registry.entries().map((entry) => chosenOf(entry, vision?.())),
    choose,
    register,
    async setProjector(id, projectorPath) {
      const { textPath } = registry.entry(id).model
      const facts = await inspect({ textPath, projectorPath })
      const files = await filesOf(facts, projectorPath, {})
      // looked up again: the entry may have changed meanwhile
      const known = registry.entry(id)
      registry.setFacts(
        id,
        facts,
        files.map((file) => withKnownDigest(file, known)),
      )
      return registry.entry(id)
    },
    add: async (files) => choose((await register(files)).id),
    remove(id) {
      if (id === demoModelId)
        throw new AppError('InvalidInput', say`The demo model is part of the app and cannot be removed.`)
      registry.remove(id)
      if (choice.get() === id) choice.set(null)
    },
    setContext(id, contextTokens) {
      registry.changeOverrides(id, { placement: { contextTokens } })
    },
    used(id, conversationId) {
      if (registry.entries().some(({ model }) => model.id === id)) registry.setUsed(id, conversationId, now())
    },
    madeOf(entryId, quantization) {
      const entry = registry
        .entries()
        .find(({ origin }) => origin.entryId === entryId && origin.quantization === quantization)
      return entry?.model.id ?? null
    },
  }
}

function chosenOf(
  { model, family, overrides, files, called, origin }: Entry,
  vision: VisionSetting | undefined,
): Chosen {
  const { contextTokens, kvType, gpuLayers } = overrides.placement
  return {
    model,
    family,
    overrides,
    adapters: files.filter((file) => file.role === 'adapter').map(({ path, scale }) => ({ path, scale: scale ?? 1 })),
    called: { names: called?.names ?? [], chatTemplate: called?.chatTemplate ?? null, origin: origin.label },
    contextTokens: contextTokens ?? model.defaults.contextTokens,
    context: {
      ...(kvType === null ? {} : { kvType }),
      ...(gpuLayers === null ? {} : { gpuLayers }),
      ...(vision && { vision }),
    },
  }
}

/** The files of a model with their sizes and what is known of their content. */
async function filesOf(
  facts: ModelFacts,
  projectorPath: string | null,
  { verified, computed }: About,
): Promise<NewFile[]> {
  const { textPaths, bytes } = facts
  const projector = projectorPath === null ? [] : [[projectorPath, 'projector'] as const]
  const paths = [...textPaths.map((path) => [path, 'text'] as const), ...projector]
  const sizes = await Promise.all(paths.map(async ([path]) => (await stat(path).catch(() => null))?.size ?? null))
  const known = sizes.every((size) => size !== null)
  return paths.map(([path, role], i) => {
    const source = verified?.get(path) ?? null
    const sha256 = source ?? computed?.get(path) ?? null
    const digest = source ? 'verified' : sha256 ? 'computed' : 'unknown'
    return { path, role, bytes: known ? sizes[i]! : i === 0 ? bytes : 0, sha256, sourceSha256: source, digest }
  })
}

/** Files whose size is the same keep the digest they had, unless a newer one came with them. */
function withKnownDigest(file: NewFile, { files }: Entry): NewFile {
  const before = files.find(({ path, bytes }) => path === file.path && bytes === file.bytes)
  if (file.sha256 || !before) return file
  return { ...file, sha256: before.sha256, sourceSha256: before.sourceSha256, digest: before.digest }
}
