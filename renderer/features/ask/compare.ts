import { announce } from '../../lib/announce.ts'
import { compareIn, type Compared } from '../../lib/comparing.ts'
import { call } from '../../lib/rpc.ts'

/** The models that the current one can be compared with, by name. */
export type ModelsToCompare = readonly Compared[]

/** The models of the library but the current one, as they are now. */
export async function modelsToCompare(): Promise<ModelsToCompare> {
  return call(async (core) => {
    for await (const models of await core.library.watch()) {
      return models
        .filter(({ isCurrent }) => !isCurrent)
        .map(({ model: { id, name } }) => ({ id, name }))
        .sort((a, b) => a.name.localeCompare(b.name))
    }
    return []
  })
}

/** Compares with a model from the next question on; null: no more, and its memory is given back when nothing else compares. */
export function compareWith(conversationId: string | null, compared: Compared | null): void {
  const goesOn = compareIn(conversationId, compared)
  announce(compared ? `Comparing with ${compared.name} from the next question on.` : 'Comparing ended.')
  // A model that stays in memory is unloaded by itself some minutes later.
  if (!goesOn) call((core) => core.ask.endComparing()).catch(() => {})
}
