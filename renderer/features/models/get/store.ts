import { create } from 'zustand'
import type { CatalogueEntry, CatalogueFits, EntryFit, ErrorInfo, Machine, Offer, SourceName } from '#contract'
import { toAppError } from '../../../lib/errors.ts'
import { call } from '../../../lib/rpc.ts'

/** The offer of an entry's source; `offer` is null while it is loaded, and when `error` says why it could not be. */
export interface OfferState {
  readonly offer: Offer | null
  readonly error: ErrorInfo | null
}

/** The models that can be had, as far as they have been asked for. */
export const useCatalogue = create<{
  entries: readonly CatalogueEntry[] | null
  machine: Machine | null
  /** How each entry would run here, by its id; empty until it is known. */
  fits: Readonly<Record<string, EntryFit>>
  /** The one to begin with; undefined until it is known. */
  recommended: CatalogueFits['recommended'] | undefined
  error: ErrorInfo | null
  offers: Readonly<Record<string, OfferState>>
}>(() => ({ entries: null, machine: null, fits: {}, recommended: undefined, error: null, offers: {} }))

/** Asks what this computer has. Rejects with `AppError`. */
export async function loadMachine(): Promise<void> {
  useCatalogue.setState({ machine: await call((core) => core.catalogue.machine()) })
}

/** Asks for the list and for what this computer has; a failure is kept in the store. */
export async function loadCatalogue(): Promise<void> {
  try {
    useCatalogue.setState({ entries: await call((core) => core.catalogue.list()), error: null })
    await loadMachine()
    const { entries, recommended } = await call((core) => core.catalogue.fits())
    useCatalogue.setState({ fits: Object.fromEntries(entries.map((one) => [one.entryId, one])), recommended })
  } catch (thrown) {
    useCatalogue.setState({ error: toAppError(thrown).toInfo() })
  }
}

const setOffer = (entryId: string, state: OfferState): void =>
  useCatalogue.setState(({ offers }) => ({ offers: { ...offers, [entryId]: state } }))

/** Asks what an entry's source holds right now; null when that cannot be told. What was known stays shown meanwhile. */
export async function loadOffer(entryId: string): Promise<Offer | null> {
  const { offer = null } = useCatalogue.getState().offers[entryId] ?? {}
  setOffer(entryId, { offer, error: null })
  try {
    const found = await call((core) => core.catalogue.offer({ entryId }))
    setOffer(entryId, { offer: found, error: null })
    return found
  } catch (thrown) {
    setOffer(entryId, { offer: null, error: toAppError(thrown).toInfo() })
    return null
  }
}

/** Whether a token is kept for each source. */
export const keptTokens = (): Promise<Record<SourceName, boolean>> => call((core) => core.catalogue.tokens())

/** Forgets what sources have offered, as when other ones are asked from now on. */
export const forgetOffers = (): void => useCatalogue.setState({ offers: {} })

/** Keeps an access token of a source; null forgets it. */
export const setToken = (source: SourceName, token: string | null): Promise<void> =>
  call((core) => core.catalogue.setToken({ source, token }))
