import type { LibraryModel } from '#contract'
import { call } from './rpc.ts'

/** The models of this computer as they are now. */
export const modelsNow = (): Promise<readonly LibraryModel[]> =>
  call(async (core) => {
    for await (const models of await core.library.watch()) return models
    return []
  })
