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
import { useMemo } from 'react'
import { listed, troubleOf } from './listing.ts'

/** The models of this computer as the core lists them; null before the first list. */
export const useLibrary = create<{ models: readonly LibraryModel[] | null }>(() => ({ models: null }))

/** Keeps the library up to date until `signal` aborts. */
export const followLibrary = (signal: AbortSignal): Promise<void> =>
  follow<LibraryModel[]>({
    connection,
    signal,
    subscribe: (core, round) => core.library.watch(undefined, { signal: round }),
    onEvent: show,
  })

/** The list that the core sent last, and the changes of defaults that it has not answered yet, in their order. */
let stored: readonly LibraryModel[] = []
const changes = new Set<{ readonly id: string; readonly change: OverridesChange }>()

function show(models: readonly LibraryModel[]): void {
  stored = models
  const changed = ({ model, overrides }: LibraryModel): ModelOverrides =>
    [...changes]
      .filter(({ id }) => id === model.id)
      .reduce((now, { change }) => changedOverrides(now, change), overrides)
  useLibrary.setState({ models: stored.map((one) => ({ ...one, overrides: changed(one) })) })
}

/** Changes some of a model's defaults: shown at once, and taken back when refused. */
export async function changeOverrides(id: string, change: OverridesChange): Promise<void> {
  const sent = { id, change }
  changes.add(sent)
  show(stored)
  try {
    const overrides = await call((core) => core.library.changeOverrides(sent))
    // the list that has the change comes a little later
    stored = stored.map((one) => (one.model.id === id ? { ...one, overrides } : one))
  } finally {
    changes.delete(sent)
    show(stored)
  }
}

/** Makes a model the current one. */
export const chooseModel = async (id: string): Promise<void> => void (await call((core) => core.models.choose({ id })))

/** Checks a pair of files, remembers them and makes them the current model. */
export const addModel = (textPath: string, projectorPath: string | null): Promise<Model> =>
  call((core) => core.models.add({ textPath, projectorPath }))

/** The exact memory that a placement of a model would take, without loading it. */
export const planFor = (modelId: string, placement: Placement): Promise<{ plan: MemoryPlan; fit: Fit }> =>
  call((core) => core.engine.plan({ modelId, placement }))

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

/** The sheets of model files, read from their headers. */
export const checkFiles = (paths: readonly string[]): Promise<ModelCheck> =>
  call((core) => core.modelFiles.check({ paths: [...paths] }))

/** The projectors of this computer that a model could have. */
export const projectorsOf = (id: string): Promise<ProjectorChoice[]> => call((core) => core.library.projectors({ id }))

/** Gives a model another projector, or none. */
export const setProjector = (id: string, projectorPath: string | null): Promise<void> =>
  call((core) => core.library.setProjector({ id, projectorPath }))

/** Stores which family a language model is of, where its header does not say so. */
export const chooseFamily = (textPath: string, family: ModelFamily): Promise<void> =>
  call((core) => core.library.chooseFamily({ textPath, family }))

export const modelSpace = (): Promise<ModelSpace> => call((core) => core.library.space())

/** Model files in a folder (or a file's), or in the usual places (null). */
export const scanFor = (path: string | null): Promise<FoundModel[]> => call((core) => core.library.scan({ path }))

/** Lets the user pick a GGUF file; null when the dialog was closed. */
export const pickModelFile = (title: string): Promise<string | null> =>
  call((core) => core.host.pickFile({ title, extensions: ['gguf'] }))

/** The number of other models that are offered to switch to. */
const MOST = 4

/** The models that can be switched to, last used first; those with trouble are left out. */
export function useOtherModels(): readonly { readonly id: string; readonly name: string }[] {
  const models = useLibrary((state) => state.models)
  return useMemo(
    () =>
      listed(models ?? [], '', 'used')
        .filter((one) => !one.isCurrent && troubleOf(one) === null)
        .slice(0, MOST)
        .map(({ model: { id, name } }) => ({ id, name })),
    [models],
  )
}
