import { AppError } from '#contract'
import type {
  FoundModel,
  ImportMode,
  LibraryModel,
  ModelFamily,
  ModelOverrides,
  ModelSpace,
  OverridesChange,
  ProjectorChoice,
  ProjectorTrial,
} from '#contract'
import type { EventStream } from '../../lib/eventStream.ts'
import type { Files } from '../../ports.ts'
import type { Conversations } from '../../services/conversations/index.ts'
import type { Engine } from '../../engine/index.ts'
import type { Library, ModelPair, Models, Work } from '../../services/models/index.ts'
import { tryProjectors } from './tryProjectors.ts'
import { progressStream } from './progressStream.ts'
import type { Progressed } from './progressStream.ts'

export interface ManagerParts {
  readonly models: Pick<Models, 'list'>
  readonly library: Library
  readonly conversations: Pick<Conversations, 'get'>
  readonly engine: Pick<Engine, 'answer' | 'state' | 'unload'>
  /** Where stored pictures lie; throws NotFound. */
  readonly pictures: { pathOf(sha: string): string }
  readonly files: Files | null
  /** Why the models folder cannot be moved right now, e.g. a download that writes to it; null: it can. */
  readonly holdsFolder?: () => string | null
}

/** Titles that are told of the conversations a model answered in. */
const MOST_TITLES = 20

/** What the window does with the library; methods throw as `Library`'s. */
export interface ModelManager {
  watch(signal: AbortSignal): EventStream<LibraryModel[]>
  rename(input: { id: string; name: string }): void
  changeOverrides(input: { id: string; change: OverridesChange }): ModelOverrides
  setAdapter(input: { id: string; path: string; scale: number | null }): Promise<void>
  verify(input: { id: string }, signal: AbortSignal): AsyncGenerator<Progressed<LibraryModel>, undefined, void>
  /** Shows its file in the system's file manager. Throws NotYetSupported where the shell cannot, ModelNotFound. */
  reveal(input: { id: string }): Promise<void>
  uses(input: { id: string }): { conversations: number; titles: string[] }
  /** Unloads the model first when its files go. */
  remove(input: { id: string; files: boolean }): Promise<void>
  space(): Promise<ModelSpace>
  /** Unloads the model in memory first. Throws Busy while something else writes to the folder. */
  moveFolder(input: { folder: string }, signal: AbortSignal): AsyncGenerator<Progressed<ModelSpace>, undefined, void>
  scan(input: { path: string | null }, signal: AbortSignal): Promise<FoundModel[]>
  import(
    input: ModelPair & { mode: ImportMode; keeper?: string | undefined; name?: string | undefined },
    signal: AbortSignal,
  ): AsyncGenerator<Progressed<LibraryModel>, undefined, void>
  /**
   * Loads a language model with one projector after the other and asks about a stored picture. Throws NotFound for a picture
   * that is not stored.
   */
  tryProjectors(
    input: { textPath: string; projectorPaths: string[]; picture: string; question: string },
    signal: AbortSignal,
  ): AsyncGenerator<ProjectorTrial, undefined, void>
  chooseFamily(input: { textPath: string; family: ModelFamily }): Promise<void>
  projectors(input: { id: string }, signal: AbortSignal): Promise<ProjectorChoice[]>
  /** Unloads the model first when it is in memory with another projector. */
  setProjector(input: { id: string; projectorPath: string | null }): Promise<void>
  /** Stops all work and waits until it has put everything back. */
  close(): Promise<void>
}

/** The library together with the engine that may have its files open and the conversations that used its models. */
export function createModelManager(parts: ManagerParts): ModelManager {
  const { models, library, conversations, engine, pictures, files, holdsFolder = () => null } = parts
  const closing = new AbortController()
  const running = new Set<Promise<unknown>>()
  /** Work as a stream that `close` ends too. */
  const stream = <T>(work: (work: Work) => Promise<T>, signal: AbortSignal) => {
    const tracked = (given: Work) => {
      const doing = work(given)
      running.add(doing)
      return doing.finally(() => running.delete(doing))
    }
    return progressStream(tracked, AbortSignal.any([signal, closing.signal]))
  }
  /** Closes the files of a model that is in memory or on its way there. */
  const release = async (holds: (textPath: string) => boolean) => {
    const { model } = engine.state
    if (model && holds(model.textPath)) await engine.unload()
  }
  return {
    watch: (signal) => library.watch(signal),
    rename: ({ id, name }) => library.rename(id, name),
    changeOverrides: ({ id, change }) => library.changeOverrides(id, change),
    async setAdapter({ id, path, scale }) {
      await library.setAdapter(id, path, scale)
    },
    verify: ({ id }, signal) => stream((work) => library.verify(id, work), signal),
    async reveal({ id }) {
      if (!files) throw cannotShow()
      files.reveal(await library.fileOf(id))
    },
    uses({ id }) {
      const ids = library.conversations(id)
      const titles = ids.slice(0, MOST_TITLES).map((conversation) => conversations.get(conversation).title)
      return { conversations: ids.length, titles }
    },
    async remove({ id, files: withFiles }) {
      const model = models.list().find((each) => each.id === id)
      if (withFiles && model && !model.isDemo) await release((textPath) => textPath === model.textPath)
      await library.remove(id, withFiles)
    },
    space: () => library.space(),
    moveFolder({ folder }, signal) {
      const held = holdsFolder()
      if (held !== null) throw new AppError('Busy', held)
      return stream(async (work) => {
        await release(() => true)
        return library.moveFolder(folder, work)
      }, signal)
    },
    scan: ({ path }, signal) => library.scan(path, signal),
    import: ({ keeper, name, ...model }, signal) => {
      const told = { ...(keeper === undefined ? {} : { keeper }), ...(name === undefined ? {} : { name }) }
      return stream((work) => library.import({ ...model, ...told }, work), signal)
    },
    tryProjectors({ picture, ...trial }, signal) {
      return tryProjectors(
        { ...trial, picturePath: pictures.pathOf(picture) },
        engine,
        AbortSignal.any([signal, closing.signal]),
      )
    },
    chooseFamily: ({ textPath, family }) => library.chooseFamily(textPath, family),
    projectors: ({ id }, signal) => library.projectors(id, signal),
    async setProjector({ id, projectorPath }) {
      const model = models.list().find((each) => each.id === id)
      if (model && model.projectorPath !== projectorPath) await release((textPath) => textPath === model.textPath)
      await library.setProjector(id, projectorPath)
    },
    async close() {
      closing.abort(new AppError('Interrupted', 'Sightline is closing.'))
      await Promise.allSettled(running)
    },
  }
}

function cannotShow(): AppError {
  return new AppError('NotYetSupported', 'Files cannot be shown from this window. The path of the file is in the list.')
}
