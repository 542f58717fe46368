import { AppError } from '#contract'
import type { RemoteFile } from '#contract'
import type { StoredEntry, StoredRepository } from './catalogueFile.ts'
import { bestProjector, isPoorProjector } from './projectors.ts'
import { quantizationsOf } from './quantizations.ts'
import { parameterCount } from './shape.ts'
import type { ModelSource } from './sources/index.ts'
import type { Listing } from './types.ts'

/**
 * The listing of the entry's first repository at `source` that has quantizations and a projector, else of the first with
 * quantizations; null when there is none. Why repositories were passed over is added to `failures`.
 * @throws the signal's reason.
 */
export async function listEntry(
  entry: StoredEntry,
  source: ModelSource,
  failures: AppError[],
  signal: AbortSignal,
): Promise<Listing | null> {
  let blind: Listing | null = null
  for (const repository of entry.repositories) {
    if (repository.source !== source.holds) continue
    try {
      const listing = await listRepository(entry, repository, source, signal)
      if (listing.quantizations.some(({ projector }) => projector)) return listing
      if (listing.quantizations.length > 0) blind ??= listing
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      failures.push(error)
      if (error.code === 'SourceUnreachable') break
    }
  }
  return blind
}

async function listRepository(
  { shape }: StoredEntry,
  { repository, projectorFrom }: StoredRepository,
  source: ModelSource,
  signal: AbortSignal,
): Promise<Listing> {
  const { revision, files } = await source.listFiles(repository, signal)
  const own = bestProjector(files)
  const borrows = projectorFrom !== undefined && isPoorProjector(own)
  const projector = borrows ? await lentProjector(own, projectorFrom, source, signal) : own
  const quantizations = quantizationsOf(files, parameterCount(shape.text), projector)
  return { source: source.name, repository, revision, quantizations }
}

/** The better one of `own` and what `lender` has; a lender that does not answer changes nothing. */
async function lentProjector(
  own: RemoteFile | null,
  lender: string,
  source: ModelSource,
  signal: AbortSignal,
): Promise<RemoteFile | null> {
  try {
    const { files } = await source.listFiles(lender, signal)
    return bestProjector(own ? [own, ...files] : files)
  } catch (error) {
    if (error instanceof AppError) return own
    throw error
  }
}
