import { create } from 'zustand'
import {
  changedOverrides,
  type Fit,
  type FoundModel,
  type LibraryModel,
  type MemoryPlan,
  type Model,
  type ModelCheck,
  type ModelFamily,
  type ModelOverrides,
  type ModelSpace,
  type OverridesChange,
  type PairVerdict,
  type Placement,
  type ProjectorChoice,
} from '#contract'
import { follow } from '../../../lib/follow.ts'
import { call, connection } from '../../../lib/rpc.ts'

/** The models of this computer as the core tells them; null until it has. */
export const useLibrary = create<{ models: readonly LibraryModel[] | null }>(() => ({ models: null }))

/** Keeps the library up to date until `signal` aborts. */
export const followLibrary = (signal: AbortSignal): Promise<void> =>
  follow<LibraryModel[]>({
    connection,
    signal,
    subscribe: (core, round) => core.library.watch(undefined, { signal: round }),
    onEvent: show,
  })

/** What the core told last, and changes of defaults that are on their way to it, in their order. */
let told: readonly LibraryModel[] = []
const changes = new Set<{ readonly id: string; readonly change: OverridesChange }>()

function show(models: readonly LibraryModel[]): void {
  told = models
  const changed = ({ model, overrides }: LibraryModel): ModelOverrides =>
    [...changes]
      .filter(({ id }) => id === model.id)
      .reduce((now, { change }) => changedOverrides(now, change), overrides)
  useLibrary.setState({ models: told.map((one) => ({ ...one, overrides: changed(one) })) })
}

/** Changes some of a model's defaults: shown at once, and taken back when refused. */
export async function changeOverrides(id: string, change: OverridesChange): Promise<void> {
  const sent = { id, change }
  changes.add(sent)
  show(told)
  try {
    const overrides = await call((core) => core.library.changeOverrides(sent))
    // the list that holds the change is told a little later
    told = told.map((one) => (one.model.id === id ? { ...one, overrides } : one))
  } finally {
    changes.delete(sent)
    show(told)
  }
}

/** Makes a model the current one. */
export const chooseModel = async (id: string): Promise<void> => void (await call((core) => core.models.choose({ id })))

/** Checks a pair of files, remembers them and makes them the current model. */
export const addModel = (textPath: string, projectorPath: string | null): Promise<Model> =>
  call((core) => core.models.add({ textPath, projectorPath }))

/** Loads the current model. */
export const loadModel = async (): Promise<void> => void (await call((core) => core.engine.load()))

/** Gives up the model that is being loaded. */
export const cancelLoading = (): Promise<void> => call((core) => core.engine.cancelLoad())

/** What exactly a placement of a model would cost, without loading it. */
export const planFor = (modelId: string, placement: Placement): Promise<{ plan: MemoryPlan; fit: Fit }> =>
  call((core) => core.engine.plan({ modelId, placement }))

/** Takes the model out of memory. */
export const unloadModel = (): Promise<void> => call((core) => core.engine.unload())

export const renameModel = (id: string, name: string): Promise<void> =>
  call((core) => core.library.rename({ id, name }))

/** Shows the model's file in the system's file manager. */
export const revealModel = (id: string): Promise<void> => call((core) => core.library.reveal({ id }))

/** Adds an adapter or changes how strongly it applies; null takes it away. */
export const setAdapter = (id: string, path: string, scale: number | null): Promise<void> =>
  call((core) => core.library.setAdapter({ id, path, scale }))

/** The conversations that the model answered in last. */
export const usesOf = (id: string): Promise<{ conversations: number; titles: string[] }> =>
  call((core) => core.library.uses({ id }))

/** Takes a model from the list, with its files where they are the app's own. */
export const removeModel = (id: string, files: boolean): Promise<void> =>
  call((core) => core.library.remove({ id, files }))

/** Whether a language model and a projector belong together, by their headers; null when a file is neither. */
export const pairVerdict = async (textPath: string, projectorPath: string): Promise<PairVerdict | null> =>
  (await call((core) => core.modelFiles.check({ paths: [textPath, projectorPath] }))).pairs[0] ?? null

/** What model files are, by their headers. */
export const checkFiles = (paths: readonly string[]): Promise<ModelCheck> =>
  call((core) => core.modelFiles.check({ paths: [...paths] }))

/** The projectors of this computer that a model could have. */
export const projectorsOf = (id: string): Promise<ProjectorChoice[]> => call((core) => core.library.projectors({ id }))

/** Gives a model another projector, or none. */
export const setProjector = (id: string, projectorPath: string | null): Promise<void> =>
  call((core) => core.library.setProjector({ id, projectorPath }))

/** Keeps which family a language model is of that does not tell it. */
export const chooseFamily = (textPath: string, family: ModelFamily): Promise<void> =>
  call((core) => core.library.chooseFamily({ textPath, family }))

export const modelSpace = (): Promise<ModelSpace> => call((core) => core.library.space())

/** Model files in a folder (or a file's), or in the usual places (null). */
export const scanFor = (path: string | null): Promise<FoundModel[]> => call((core) => core.library.scan({ path }))

/** Lets the user pick a GGUF file; null when the dialog was closed. */
export const pickModelFile = (title: string): Promise<string | null> =>
  call((core) => core.host.pickFile({ title, extensions: ['gguf'] }))
