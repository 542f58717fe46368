import { AppError, CatalogueEntry, say } from '#contract'
import type { ErrorCode, PassedOver } from '#contract'
import { parseAddress } from './address.ts'
import type { RepositoryAddress } from './address.ts'
import { readCatalogueFile } from './catalogueFile.ts'
import type { StoredEntry } from './catalogueFile.ts'
import { listEntry, reasonOf } from './entryListing.ts'
import { chosenSources } from './sources/index.ts'
import type { ModelSource } from './sources/index.ts'
import type { BrowsedRepository, Catalogue, CatalogueOptions, FailedSource, Listing } from './types.ts'

/** How long what a source said is believed, in ms. */
const KEPT_MS = 10 * 60_000
/** What a user can mend comes before what has to be waited for, that before what is not there. */
const TELLING: readonly ErrorCode[] = ['SourceRefused', 'SourceUnreachable', 'NotFound']

/** The catalogue of `resources`, with listings from the sources of the user's choice. */
export function createCatalogue(options: CatalogueOptions): Catalogue {
  const now = options.now ?? Date.now
  const kept = new Map<string, { at: number; listing: Listing }>()
  /** Repositories that were tried in vain, by entry, source and name. */
  const refusals = new Map<string, { at: number; reason: string }>()
  let stored: StoredEntry[] | null = null
  const entries = () => (stored ??= readCatalogueFile(options.resources))
  const refusalKey = (entryId: string, source: string, repository: string) => `${entryId} ${source} ${repository}`

  function find(entryId: string): StoredEntry {
    const entry = entries().find(({ id }) => id === entryId)
    if (!entry)
      throw new AppError('NotFound', say`The catalogue has no model ${entryId}. Choose one of the list.`, { entryId })
    return entry
  }

  async function search(
    entry: StoredEntry,
    quantization: string | null,
    failed: FailedSource | null,
    signal: AbortSignal,
  ): Promise<Listing> {
    const passedOver: PassedOver[] = []
    const failures: AppError[] = []
    const refusal = (source: { name: string }, repository: string) => {
      const key = refusalKey(entry.id, source.name, repository)
      const known = refusals.get(key)
      if (known && now() - known.at < KEPT_MS) return known.reason
      const isIt = (one: { source: string; repository: string }) =>
        one.source === source.name && one.repository === repository
      if (failed && isIt(failed)) return reasonOf(failed.error)
      return failed?.earlier.find(isIt)?.reason ?? null
    }
    for (const source of chosenSources(options)) {
      const listing = await listEntry({ entry, quantization, refusal, passedOver, failures }, source, signal)
      if (!listing) continue
      const isIt = (one: PassedOver) => one.source === listing.source && one.repository === listing.repository
      return { ...listing, passedOver: passedOver.filter((one) => !isIt(one)) }
    }
    throw mostTelling(failures) ?? notOffered(entry)
  }

  return {
    ...createBrowse(options),
    list: () => entries().map((entry) => CatalogueEntry.parse(entry)),
    shape: (entryId) => find(entryId).shape,
    async listing(entryId, signal, quantization) {
      signal.throwIfAborted()
      const entry = find(entryId)
      const key = JSON.stringify([entryId, quantization, options.sources()])
      const known = kept.get(key)
      if (known && now() - known.at < KEPT_MS) return known.listing
      const listing = await search(entry, quantization ?? null, null, signal)
      kept.set(key, { at: now(), listing })
      return listing
    },
    async alternative(entryId, quantization, failed, signal) {
      try {
        const entry = find(entryId)
        const listing = await search(entry, quantization, failed, signal)
        if (!listing.quantizations.find(({ name }) => name === quantization)?.projector) return null
        refusals.set(refusalKey(entryId, failed.source, failed.repository), {
          at: now(),
          reason: reasonOf(failed.error),
        })
        for (const one of [...kept.keys()].filter((one) => JSON.parse(one)[0] === entryId)) kept.delete(one)
        return listing
      } catch (failure) {
        signal.throwIfAborted()
        if (failure instanceof AppError) return null
        throw failure
      }
    },
    sourceOf: (url) => chosenSources(options).find(({ origin }) => origin === url.origin) ?? null,
    headersFor: async (url) =>
      (await chosenSources(options)
        .find(({ origin }) => origin === url.origin)
        ?.headersFor(url)) ?? {},
  }
}

/** The failure that helps most; of several alike the first source's, which the user prefers. */
function mostTelling(failures: readonly AppError[]): AppError | undefined {
  const code = TELLING.find((one) => failures.some((failure) => failure.code === one))
  return failures.find((failure) => failure.code === code) ?? failures[0]
}

function notOffered({ id, name }: StoredEntry): AppError {
  const message = `None of the chosen sources has files of ${name}. Choose another source in Settings.`
  return new AppError('NotFound', message, { entryId: id })
}

/** How long a listing is believed, in ms, and how many are kept. */
const BROWSED_KEPT_MS = 10 * 60_000
const MOST_KEPT = 32

/** Lists repositories that are in no catalogue. */
function createBrowse(options: CatalogueOptions): Pick<Catalogue, 'browse' | 'browsed'> {
  const now = options.now ?? Date.now
  const kept = new Map<string, { at: number; repository: BrowsedRepository }>()

  async function list(
    sources: readonly ModelSource[],
    address: RepositoryAddress,
    signal: AbortSignal,
  ): Promise<BrowsedRepository> {
    const { repository, revision, path, quantization } = address
    const wanted = { path, quantization }
    let failure: AppError | null = null
    for (const source of sources) {
      const id = idOf(source.name, repository, revision)
      const known = kept.get(id)
      if (known && now() - known.at < BROWSED_KEPT_MS) return { ...known.repository, wanted }
      try {
        const listing = await source.listFiles(repository, signal, revision ?? undefined)
        const askedFor = listing.repository === repository ? null : repository
        const found = { ...listing, id, source: source.name, askedFor, wanted }
        kept.set(id, { at: now(), repository: found })
        for (const [oldest] of kept) if (kept.size > MOST_KEPT) kept.delete(oldest)
        return found
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        failure ??= error
      }
    }
    throw failure ?? notChosen(address.holds)
  }

  return {
    async browse(typed, signal) {
      signal.throwIfAborted()
      const address = parseAddress(typed, options.sources().mirrorUrl)
      return list(
        chosenSources(options).filter(({ holds }) => holds === address.holds),
        address,
        signal,
      )
    },
    async browsed(id, signal) {
      signal.throwIfAborted()
      const [, name = '', repository = '', revision = null] =
        /^(\w+):([\w.-]+\/[\w.-]+)(?:@([\w.][\w./-]*))?$/.exec(id) ?? []
      const sources = chosenSources(options).filter((source) => source.name === name)
      const [source] = sources
      if (!source)
        throw new AppError('NotFound', say`This repository is not known any more. Type it again.`, { repository: id })
      return list(sources, { holds: source.holds, repository, revision, path: null, quantization: null }, signal)
    },
  }
}

const idOf = (source: string, repository: string, revision: string | null) =>
  `${source}:${repository}${revision === null ? '' : `@${revision}`}`

function notChosen(holds: RepositoryAddress['holds']): AppError {
  const label = holds === 'huggingface' ? 'Hugging Face' : 'ModelScope'
  return new AppError(
    'InvalidInput',
    say`${label} is not among your sources. Switch it on under "Where models come from", then try again.`,
  )
}
