import { AppError, CatalogueEntry } from '#contract'
import type { ErrorCode } from '#contract'
import { readCatalogueFile } from './catalogueFile.ts'
import type { StoredEntry } from './catalogueFile.ts'
import { listEntry } from './entryListing.ts'
import { chosenSources } from './sources/index.ts'
import type { Catalogue, CatalogueOptions, Listing } from './types.ts'

const KEPT_MS = 10 * 60_000
/** What a user can mend comes before what has to be waited for, that before what is not there. */
const TELLING: readonly ErrorCode[] = ['SourceRefused', 'SourceUnreachable', 'NotFound']

/** The catalogue of `resources`, with listings from the sources of the user's choice. */
export function createCatalogue(options: CatalogueOptions): Catalogue {
  const now = options.now ?? Date.now
  const kept = new Map<string, { at: number; listing: Listing }>()
  let stored: StoredEntry[] | null = null
  const entries = () => (stored ??= readCatalogueFile(options.resources))

  function find(entryId: string): StoredEntry {
    const entry = entries().find(({ id }) => id === entryId)
    if (!entry) throw new AppError('NotFound', `The catalogue has no model ${entryId}. Choose one of the list.`, { entryId })
    return entry
  }

  return {
    list: () => entries().map((entry) => CatalogueEntry.parse(entry)),
    shape: (entryId) => find(entryId).shape,
    async listing(entryId, signal) {
      signal.throwIfAborted()
      const entry = find(entryId)
      const key = JSON.stringify([entryId, options.sources()])
      const known = kept.get(key)
      if (known && now() - known.at < KEPT_MS) return known.listing
      const failures: AppError[] = []
      for (const source of chosenSources(options)) {
        const listing = await listEntry(entry, source, failures, signal)
        if (!listing) continue
        kept.set(key, { at: now(), listing })
        return listing
      }
      throw mostTelling(failures) ?? notOffered(entry)
    },
    sourceOf: (url) => chosenSources(options).find(({ origin }) => origin === url.origin)?.label ?? null,
    headersFor: async (url) => (await chosenSources(options).find(({ origin }) => origin === url.origin)?.headersFor(url)) ?? {},
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
