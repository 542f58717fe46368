import { create } from 'zustand'
import type { Model } from '#contract'
import { call } from '../../lib/rpc.ts'

/** The models the core knows; null until asked. */
export const useModels = create<{ models: readonly Model[] | null }>(() => ({ models: null }))

/** Asks for the list again. Rejects with `AppError`. */
export async function refreshModels(): Promise<void> {
  useModels.setState({ models: await call((core) => core.models.list()) })
}

/** Makes a model the current one. */
export async function chooseModel(id: string): Promise<void> {
  await call((core) => core.models.choose({ id }))
  await refreshModels()
}

/** Checks a pair of files, remembers them and makes them the current model. */
export async function addModel(textPath: string, projectorPath: string | null): Promise<Model> {
  const model = await call((core) => core.models.add({ textPath, projectorPath }))
  await refreshModels()
  return model
}

/** Forgets a model; its files stay. */
export async function removeModel(id: string): Promise<void> {
  await call((core) => core.models.remove({ id }))
  await refreshModels()
}

/** Lets the user pick a GGUF file; null when the dialog was closed. */
export const pickModelFile = (title: string): Promise<string | null> => call((core) => core.host.pickFile({ title, extensions: ['gguf'] }))
