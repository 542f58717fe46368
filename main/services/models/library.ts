import { rm, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { AppError, say } from '#contract'
import type {
  FoundModel,
  ImportMode,
  LibraryModel,
  ModelFamily,
  ModelOverrides,
  ModelSpace,
  OverridesChange,
  ProjectorChoice,
} from '#contract'
import { eventStream } from '../../lib/events.ts'
import type { EventStream } from '../../lib/events.ts'
import { awayDrive, watchDrives } from '../../lib/files/drives.ts'
import { coalesced } from './coalesced.ts'
import { fingerprintOf, readRoom as systemRoom, realOf, spaceOf, toDiskError } from './files/disk.ts'
import type { ReadRoom } from './files/disk.ts'
import { importCopy } from './files/importCopy.ts'
import { moveFolder, movedPaths } from './files/moveFolder.ts'
import type { LinkFile } from './files/moveFolder.ts'
import { removeFiles, removeLeftovers } from './files/removeFiles.ts'
import { takeApart } from './files/takeApart.ts'
import type { CloneFile } from './files/takeApart.ts'
import type { ModelList } from './modelList.ts'
import { verify } from './registry.ts'
import { placesAt, usualPlaces } from './scan/places.ts'
import type { Surroundings } from './scan/places.ts'
import { projectorsIn, scanPlaces } from './scan/scan.ts'
import type { About, Entry, InspectFile, InspectModel, ModelPair, PlanOneFile, Work } from './types.ts'
import { pathsWithin, toLibraryModel } from './view.ts'

/** Where models are kept. */
export interface ModelsFolder {
  get(): string
  /** Called within the transaction that changes the paths. */
  set(folder: string): void
}

export interface LibraryOptions {
  readonly models: ModelList
  readonly folder: ModelsFolder
  /** Tells when the choice or the folder may have changed. */
  readonly onChange: (listener: () => void) => () => void
  readonly inspect: InspectModel
  readonly inspectFile: InspectFile
  readonly planOneFile: PlanOneFile
  /** Where other programs' models are looked for. */
  readonly surroundings: Surroundings
  readonly readRoom?: ReadRoom
  readonly linkFile?: LinkFile
  readonly cloneFile?: CloneFile
  /** The drive of a path when it is one that comes and goes; tests stand in for drives with folders. */
  readonly driveOf?: (path: string) => string | null
  /** After so long it is looked again whether a drive has come or gone while somebody watches, ms. */
  readonly lookAgainMs?: number
}

const LOOK_AGAIN_MS = 3000

/** A model to be taken over. `keeper` and `name`: who keeps it and what it is called there, where that is known. */
export type Import = ModelPair & { readonly mode: ImportMode; readonly keeper?: string; readonly name?: string }

/** Models and their files. Methods that take an id throw NotFound for one that is not (or no longer) there. */
export interface Library {
  list(): Promise<LibraryModel[]>
  get(id: string): Promise<LibraryModel>
  /** The list at once, then whenever it changes. */
  watch(signal?: AbortSignal): EventStream<LibraryModel[]>
  rename(id: string, name: string): void
  /** Changes some of what the user chose for a model; gives all of it. */
  changeOverrides(id: string, change: OverridesChange): ModelOverrides
  /** Adds an adapter that fits the model, or changes its scale; null takes it away. Throws what `inspect` throws. */
  setAdapter(id: string, path: string, scale: number | null): Promise<void>
  /** Computes the digests and compares them. Throws ModelNotFound for a missing file, StorageFailed. */
  verify(id: string, work: Work): Promise<LibraryModel>
  /** Ids of the conversations in which it answered last, newest first. */
  conversations(id: string): string[]
  /**
   * Forgets a model; with `files` also deletes those of its files that lie in the models folder and that no other model
   * has. Throws InvalidInput for the demo model and when none of its files is in the models folder, Busy, StorageFailed.
   */
  remove(id: string, files: boolean): Promise<void>
  space(): Promise<ModelSpace>
  /**
   * Moves the models folder. `checkFree` throws when something else writes to it; while it moves, `isMoving` tells.
   * Throws what that throws, InvalidInput, Busy, DiskFull, StorageFailed; everything is where it was then.
   */
  moveFolder(folder: string, work: Work, checkFree?: () => void): Promise<ModelSpace>
  /** Whether the models folder is being moved: nothing may begin to write to it. */
  isMoving(): boolean
  /** Models in a folder, or in the usual places (null), that are not in the library. Throws InvalidInput, ModelNotFound. */
  scan(path: string | null, signal?: AbortSignal): Promise<FoundModel[]>
  /**
   * Takes a model into the library: where it is, as a copy in the models folder, or, when it is in one file with its
   * projector, taken apart into that folder. Throws what `inspect` throws, Busy, DiskFull, StorageFailed; nothing is left then.
   */
  import(files: Import, work: Work): Promise<LibraryModel>
  /** Keeps the family of a language model that does not tell it. Throws ModelNotFound when its file cannot be read. */
  chooseFamily(textPath: string, family: ModelFamily): Promise<void>
  /** The projectors that a model could have, near its file and in the usual places, best first. */
  projectors(id: string, signal?: AbortSignal): Promise<ProjectorChoice[]>
  /**
   * Gives a model another projector, or none; the family that this tells is kept. Throws InvalidInput for the demo model,
   * and what `inspect` throws.
   */
  setProjector(id: string, projectorPath: string | null): Promise<void>
  /** Whether a file belongs to a model. */
  holds(path: string): boolean
  /** Path of the file to show to the user. Throws ModelNotFound when it is gone. */
  fileOf(id: string): Promise<string>
  /** Removes what a process that was ended left on its way, and reads what an earlier version did not keep. Never throws. */
  tidy(): Promise<void>
}

/** The library over the rows and files of `models`. */
export function createLibrary(options: LibraryOptions): Library {
  const { models, folder, inspect, readRoom = systemRoom } = options
  const { registry } = models
  let working = 0
  let moving = false

  const currentId = () => models.current().id
  const get = async (id: string) =>
    toLibraryModel(registry.entry(id), id === currentId(), folder.get(), options.driveOf)
  const list = async () => {
    const current = currentId()
    const view = (entry: Entry) => toLibraryModel(entry, entry.model.id === current, folder.get(), options.driveOf)
    return Promise.all(registry.entries().map(view))
  }
  const space = () => {
    const own = registry.entries().filter(({ model }) => !model.isDemo)
    return spaceOf(
      folder.get(),
      own.flatMap(({ files }) => files.map((file) => file.path)),
      readRoom,
    )
  }
  /** Work on files of the models folder, which must not be moved meanwhile. */
  const inFolder = async <T>(work: () => Promise<T>): Promise<T> => {
    if (moving)
      throw new AppError('Busy', say`The models folder is being moved. Wait until that is done, or stop it first.`)
    working++
    try {
      return await work()
    } finally {
      working--
    }
  }

  /** Tells when a drive that holds files has come or gone. */
  const onDrives = (listener: () => void) => {
    const paths = () => registry.entries().flatMap(({ files }) => files.map((file) => file.path))
    return watchDrives(paths, listener, options.lookAgainMs ?? LOOK_AGAIN_MS, options.driveOf)
  }
  /** Keeps files that were made in the models folder; they are deleted again when they are refused. */
  const registerCopy = async (copied: ModelPair, about: About): Promise<string> => {
    const undo = async (error: unknown) => {
      await rm(dirname(copied.textPath), { recursive: true, force: true })
      throw error
    }
    return (await models.register(copied, about).catch(undo)).id
  }
  const apart = async (path: string, about: About, name: string | undefined, work: Work): Promise<string> => {
    const apartFrom = await fingerprintOf(path)
    const sha256 = /^sha256[-:]([0-9a-f]{64})$/.exec(basename(await realOf(path)))?.[1] ?? null
    const { planOneFile, cloneFile } = options
    const target = { folder: folder.get(), name: name ?? basename(path), readRoom, planOneFile }
    const made = await takeApart({ path, sha256 }, { ...target, ...(cloneFile ? { clone: cloneFile } : {}) }, work)
    return registerCopy(made, { ...about, ...(name === undefined ? {} : { name }), computed: made.digests, apartFrom })
  }

  return {
    list,
    get,
    watch: (signal) =>
      eventStream(
        ({ push, end }) => {
          const tell = coalesced(async () => push(await list()), end)
          tell()
          const offs = [registry.onChange(tell), options.onChange(tell), onDrives(tell)]
          return () => offs.forEach((off) => off())
        },
        { signal },
      ),
    rename: (id, name) => registry.setName(id, name),
    changeOverrides: (id, change) => registry.changeOverrides(id, change),
    async setAdapter(id, given, scale) {
      const path = resolve(given)
      const { model, files } = registry.entry(id)
      if (scale !== null) {
        await inspect(model, [path])
        const { size } = await stat(path)
        const unknown = { sha256: null, sourceSha256: null, digest: 'unknown' } as const
        return registry.setAdapter(id, { path, role: 'adapter', bytes: size, scale, ...unknown })
      }
      const isThere = files.some((file) => file.role === 'adapter' && file.path === path)
      if (!isThere) throw new AppError('NotFound', say`This model does not have this adapter any more.`, { id, path })
      registry.removeAdapter(id, path)
    },
    async verify(id, work) {
      await inFolder(() => verify(registry, id, work))
      return get(id)
    },
    conversations: (id) => registry.conversations(id),
    async remove(id, files) {
      const { model, files: own } = registry.entry(id)
      if (!files || model.isDemo) return models.remove(id)
      await inFolder(async () => {
        const drive = await awayDrive(model.textPath, options.driveOf)
        if (drive !== null) throw notConnected(`The file of ${model.name}`, drive)
        const inside = await pathsWithin(
          folder.get(),
          own.map((file) => file.path),
        )
        if (inside.length === 0) throw notOurs(model.name)
        const others = registry.entries().filter((entry) => entry.model.id !== id)
        const used = new Set(await Promise.all(others.flatMap((entry) => entry.files.map((file) => realOf(file.path)))))
        await removeFiles(
          folder.get(),
          inside.filter((path) => !used.has(path)),
          () => models.remove(id),
        )
      })
    },
    space,
    async moveFolder(given, work, checkFree = () => {}) {
      if (moving || working > 0) throw inWork()
      checkFree()
      moving = true
      try {
        const [from, to] = [folder.get(), given]
        const drive = await awayDrive(from, options.driveOf)
        if (drive !== null) throw notConnected('The models folder', drive)
        const moved = await movedPaths(
          registry.entries().flatMap(({ files }) => files.map((file) => file.path)),
          from,
          to,
        )
        const commit = () =>
          registry.movePaths(
            (path) => moved.get(path) ?? path,
            () => folder.set(resolve(to)),
          )
        await moveFolder(
          { from, to, readRoom, commit, ...(options.linkFile ? { linkFile: options.linkFile } : {}) },
          work,
        )
      } finally {
        moving = false
      }
      return space()
    },
    isMoving: () => moving,
    async scan(path, signal) {
      const { surroundings, inspectFile } = options
      const places = await (path === null ? usualPlaces(surroundings) : placesAt(path, surroundings.platform))
      const chosenFamily = (fingerprint: string) => registry.familyOf(fingerprint)
      return scanPlaces(places, { entries: registry.entries(), inspectFile, chosenFamily }, signal)
    },
    import: ({ textPath: text, projectorPath: projector, mode, keeper, name }, work) =>
      inFolder(async () => {
        const files = { textPath: resolve(text), projectorPath: projector === null ? null : resolve(projector) }
        const about: About =
          keeper === undefined ? {} : { origin: { label: keeper, entryId: null, quantization: null } }
        if (mode === 'apart') return get(await apart(files.textPath, about, name, work))
        const facts = await inspect(files)
        if (mode === 'in-place') return get((await models.register(files, about)).id)
        const called = facts.name.includes(facts.quantization) ? facts.name : `${facts.name} ${facts.quantization}`
        const target = { folder: folder.get(), name: called, readRoom }
        const copied = await importCopy(
          { textPaths: facts.textPaths, projectorPath: files.projectorPath },
          target,
          work,
        )
        return get(await registerCopy(copied, { ...about, computed: copied.digests }))
      }),
    async chooseFamily(textPath, family) {
      const fingerprint = await fingerprintOf(textPath).catch((error: unknown) => {
        throw toDiskError(error, `Reading ${basename(textPath)}`)
      })
      registry.setFamily(fingerprint, family)
    },
    async projectors(id, signal) {
      const { surroundings, inspectFile } = options
      const { textPath } = registry.entry(id).model
      const near = await placesAt(dirname(textPath), surroundings.platform)
      return projectorsIn([...near, ...(await usualPlaces(surroundings))], textPath, inspectFile, signal)
    },
    async setProjector(id, given) {
      const { model } = registry.entry(id)
      if (model.isDemo)
        throw new AppError('InvalidInput', say`The demo model keeps its projector, which is part of the app.`)
      const { family } = await models.setProjector(id, given === null ? null : resolve(given))
      if (given !== null && family !== null) registry.setFamily(await fingerprintOf(model.textPath), family)
    },
    holds: (path) => registry.entries().some(({ files }) => files.some((file) => file.path === resolve(path))),
    async fileOf(id) {
      const { textPath, name } = registry.entry(id).model
      if (await stat(textPath).catch(() => null)) return textPath
      const drive = await awayDrive(textPath, options.driveOf)
      throw drive === null ? gone(name, textPath) : notConnected(`The file of ${name}`, drive)
    },
    async tidy() {
      await removeLeftovers(folder.get())
      const unread = registry
        .entries()
        .filter((one) => !one.model.isDemo && (one.quantization === null || one.called === null))
      for (const { model } of unread) await models.register(model).catch(() => {})
    },
  }
}

function notOurs(name: string): AppError {
  const what = `The files of ${name} lie outside the models folder, so they are not deleted.`
  return new AppError('InvalidInput', say`${what} Take the model from the list without its files.`)
}

function inWork(): AppError {
  return new AppError('Busy', say`Files of models are being worked on. Wait until that is done, then move the folder.`)
}

function notConnected(what: string, drive: string): AppError {
  const message = `${what} is on a drive that is not connected (${drive}). Connect it, then try again.`
  return new AppError('ModelNotFound', message, { drive })
}

function gone(name: string, path: string): AppError {
  const message = `The file of ${name} is not there any more. Put it back, or take the model from the list.`
  return new AppError('ModelNotFound', message, { path })
}
