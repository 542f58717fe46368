import { AppError, say } from '#contract'
import type { Contract, ProjectorTrial, VisionSetting } from '#contract'
import type { Database } from '../../lib/database/index.ts'
import { eventStream } from '../../lib/events.ts'
import type { EventStream } from '../../lib/events.ts'
import type { HandlersOf } from '../../lib/handlers.ts'
import type { Files } from '../../ports.ts'
import { createLibrary } from './library.ts'
import type { LibraryOptions } from './library.ts'
import { createModelList } from './modelList.ts'
import type { ModelChoice, ModelList } from './modelList.ts'
import type { Work } from './types.ts'

/** An event of work on files: how far it is in bytes, and its result once. */
export interface Progressed<T> {
  readonly doneBytes: number
  readonly bytes: number
  readonly result: T | null
}

/** Progress is told again after so many bytes. */
const STEP_BYTES = 4 * 2 ** 20

/**
 * Runs `work` and tells of its progress, the latest to a reader that is behind, then of its result. The work is aborted when
 * `signal` aborts or the reader leaves, and the stream ends only when it has ended. @throws what the work throws.
 */
export function progressStream<T>(work: (work: Work) => Promise<T>, signal: AbortSignal): EventStream<Progressed<T>> {
  return eventStream<Progressed<T>>(
    ({ push, end, fail }) => {
      const leaving = new AbortController()
      let at = { doneBytes: 0, bytes: 0 }
      let told = -STEP_BYTES
      const onProgress = (doneBytes: number, bytes: number) => {
        at = { doneBytes, bytes }
        if (doneBytes - told < STEP_BYTES) return
        told = doneBytes
        push({ ...at, result: null })
      }
      const running = work({ onProgress, signal: AbortSignal.any([signal, leaving.signal]) }).then((result) => {
        push({ ...at, result })
        end()
      }, fail)
      return async () => {
        leaving.abort()
        await running
      }
    },
    { coalesce: (_, next) => next },
  )
}

/** A language model that is asked about one picture with each of several projectors. Paths of files. */
interface ProjectorQuestion {
  readonly textPath: string
  readonly projectorPaths: readonly string[]
  readonly picturePath: string
  readonly question: string
}

export interface ModelsOptions extends Omit<LibraryOptions, 'models'> {
  readonly db: Database
  /** Folder of the app's read-only files, with the demo model. */
  readonly resources: string
  readonly choice: ModelChoice
  /** How the processor is to look at pictures; left out: as the engine does by itself. */
  readonly vision?: () => VisionSetting
  /** Whoever may have files of models open: the engine. */
  readonly engine: {
    readonly state: { readonly model: { readonly textPath: string } | null }
    unload(): Promise<void>
  }
  /** Ends other uses of model files, such as a second model in memory, before files move, go or are tried. */
  readonly endOtherUses: () => Promise<void>
  readonly titleOf: (conversationId: string) => string
  /** Where a stored picture lies. Throws NotFound. */
  readonly pictureOf: (sha: string) => string
  readonly tryProjectors: (
    question: ProjectorQuestion,
    signal: AbortSignal,
  ) => AsyncGenerator<ProjectorTrial, undefined, void>
  /** The system's file manager; null where the shell has none. */
  readonly files: Files | null
  /** Why the models folder cannot be moved right now, e.g. a download that writes to it; null: it can. */
  readonly holdsFolder: () => string | null
}

/** The models of this computer that Sightline knows: which they are, what the user chose for them, and their files. */
export interface Models extends ModelList {
  /** Answers the window's calls about models. They throw as `ModelList` and `Library` say. */
  readonly procedures: Pick<HandlersOf<Contract>, 'models' | 'library'>
  /** Whether the models folder is being moved: nothing may begin to write to it. */
  isFolderMoving(): boolean
  /** Removes what a process that was ended left on its way, and reads what an earlier version did not keep. Never throws. */
  tidy(): Promise<void>
  /** Stops all work on files and waits until it has put everything back. */
  close(): Promise<void>
}

/** Titles that are told of the conversations a model answered in. */
const MOST_TITLES = 20

/** Opens the models of one database and one models folder. */
export function createModels(options: ModelsOptions): Models {
  const { engine, endOtherUses, titleOf, pictureOf, files, holdsFolder } = options
  const models = createModelList(options)
  const library = createLibrary({ ...options, models })
  const closing = new AbortController()
  const running = new Set<Promise<unknown>>()
  const untilClosed = (signal: AbortSignal) => AbortSignal.any([signal, closing.signal])
  /** Work as a stream of its progress that `close` ends too. */
  const stream = <T>(signal: AbortSignal, work: (work: Work) => Promise<T>) => {
    const tracked = (given: Work) => {
      const doing = work(given)
      running.add(doing)
      return doing.finally(() => running.delete(doing))
    }
    return progressStream(tracked, untilClosed(signal))
  }
  const checkFree = () => {
    const held = holdsFolder()
    if (held !== null) throw new AppError('Busy', held)
  }
  /** Closes the files of a model that is in memory or on its way there. */
  const release = async (holds: (textPath: string) => boolean) => {
    const { model } = engine.state
    if (model && holds(model.textPath)) await engine.unload()
  }

  const procedures: Models['procedures'] = {
    models: {
      list: () => models.list(),
      add: (pair) => models.add(pair),
      choose: ({ id }) => models.choose(id),
      remove: ({ id }) => models.remove(id),
    },
    library: {
      watch: (_, { signal }) => library.watch(signal),
      rename: ({ id, name }) => library.rename(id, name),
      changeOverrides: ({ id, change }) => library.changeOverrides(id, change),
      setAdapter: ({ id, path, scale }) => library.setAdapter(id, path, scale),
      verify: ({ id }, { signal }) => stream(signal, (work) => library.verify(id, work)),
      async reveal({ id }) {
        if (!files) throw cannotShow()
        await files.reveal(await library.fileOf(id))
      },
      uses({ id }) {
        const ids = library.conversations(id)
        return { conversations: ids.length, titles: ids.slice(0, MOST_TITLES).map(titleOf) }
      },
      async remove({ id, files: withFiles }) {
        await endOtherUses()
        const model = models.list().find((each) => each.id === id)
        if (withFiles && model && !model.isDemo) await release((textPath) => textPath === model.textPath)
        await library.remove(id, withFiles)
      },
      space: () => library.space(),
      moveFolder({ folder }, { signal }) {
        checkFree()
        return stream(signal, async (work) => {
          await endOtherUses()
          await release(() => true)
          return library.moveFolder(folder, work, checkFree)
        })
      },
      scan: ({ path }, { signal }) => library.scan(path, signal),
      import: ({ keeper, name, ...pair }, { signal }) => {
        const known = { ...(keeper === undefined ? {} : { keeper }), ...(name === undefined ? {} : { name }) }
        return stream(signal, (work) => library.import({ ...pair, ...known }, work))
      },
      async *tryProjectors({ picture, ...question }, { signal }) {
        const picturePath = pictureOf(picture)
        await endOtherUses()
        yield* options.tryProjectors({ ...question, picturePath }, untilClosed(signal))
      },
      chooseFamily: ({ textPath, family }) => library.chooseFamily(textPath, family),
      projectors: ({ id }, { signal }) => library.projectors(id, signal),
      async setProjector({ id, projectorPath }) {
        const model = models.list().find((each) => each.id === id)
        if (model && model.projectorPath !== projectorPath) await release((textPath) => textPath === model.textPath)
        await library.setProjector(id, projectorPath)
      },
    },
  }

  return {
    ...models,
    procedures,
    isFolderMoving: () => library.isMoving(),
    tidy: () => library.tidy(),
    async close() {
      closing.abort(new AppError('Interrupted', say`Sightline is closing.`))
      await Promise.allSettled(running)
    },
  }
}

function cannotShow(): AppError {
  return new AppError(
    'NotYetSupported',
    say`Files cannot be shown from this window. The path of the file is in the list.`,
  )
}
