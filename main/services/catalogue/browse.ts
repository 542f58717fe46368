import { AppError } from '#contract'
import { parseAddress } from './address.ts'
import type { RepositoryAddress } from './address.ts'
import { chosenSources } from './sources/index.ts'
import type { ModelSource } from './sources/index.ts'
import type { BrowsedRepository, Catalogue, CatalogueOptions } from './types.ts'

/** How long a listing is believed, in ms, and how many are kept. */
const KEPT_MS = 10 * 60_000
const MOST_KEPT = 32

/** Lists repositories that are in no catalogue. */
export function createBrowse(options: CatalogueOptions): Pick<Catalogue, 'browse' | 'browsed'> {
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
      if (known && now() - known.at < KEPT_MS) return { ...known.repository, wanted }
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
        throw new AppError('NotFound', 'This repository is not known any more. Type it again.', { repository: id })
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
    `${label} is not among your sources. Switch it on under "Where models come from", then try again.`,
  )
}
