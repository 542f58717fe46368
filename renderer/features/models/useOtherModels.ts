import { useMemo } from 'react'
import { useLibrary } from './library/store.ts'
import { listed, troubleOf } from './library/words.ts'

/** How many models are offered beside the current one. */
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
