import { AppError } from '#contract'
import type { PassedOver, RemoteFile } from '#contract'
import { parameterCount } from './catalogueFile.ts'
import type { StoredEntry, StoredRepository } from './catalogueFile.ts'
import { projectorsOf, quantizationsOf } from './quantizations.ts'
import { missing } from './sources/index.ts'
import type { ModelSource } from './sources/index.ts'
import type { Listing } from './types.ts'

/** What is wanted of an entry and what is known already. */
export interface Search {
  readonly entry: StoredEntry
  /** A quantization that the listing must have; null: any will do. */
  readonly quantization: string | null
  /** Why a repository cannot be used, when that is known from before. */
  readonly refusal: (source: ModelSource, repository: string) => string | null
  /** Repositories that were passed over, in their order; this adds to them. */
  readonly passedOver: PassedOver[]
  /** Why they were, where that was an error; this adds to them. */
  readonly failures: AppError[]
}

type Found = Omit<Listing, 'passedOver'>

/**
 * The listing of the entry's first repository at `source` that has what is wanted and a projector, else of the first without
 * one; null when there is none. @throws the signal's reason.
 */
export async function listEntry(search: Search, source: ModelSource, signal: AbortSignal): Promise<Found | null> {
  const { entry, quantization, refusal, passedOver, failures } = search
  let blind: Found | null = null
  for (const stored of entry.repositories) {
    if (stored.source !== source.holds) continue
    const { repository } = stored
    const passOver = (reason: string) => void passedOver.push({ source: source.name, repository, reason })
    const known = refusal(source, repository)
    if (known !== null) {
      passOver(known)
      continue
    }
    try {
      const listing = await listRepository(entry, stored, source, signal)
      const { quantizations } = listing
      const hasIt =
        quantization === null ? quantizations.length > 0 : quantizations.some(({ name }) => name === quantization)
      const isEmpty = quantization === null || quantizations.length === 0
      if (!hasIt) passOver(isEmpty ? 'has no GGUF files of this model' : `has no ${quantization}`)
      else if (quantizations.some(({ projector }) => projector)) return listing
      else {
        passOver('has no projector')
        blind ??= listing
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      failures.push(error)
      passOver(reasonOf(error))
      if (error.code === 'SourceUnreachable') break
    }
  }
  return blind
}

/** Why a repository is passed over, to complete "It ...". */
export function reasonOf({ code, message }: AppError): string {
  switch (code) {
    case 'NotFound':
      return / is now called /.test(message)
        ? message.slice(message.indexOf('is now called')).replace(/\..*$/, '')
        : 'is not there any more'
    case 'SourceRefused':
      return 'is open only to those with an access token'
    case 'SourceUnreachable':
      return 'could not be reached'
    case 'DigestMismatch':
      return 'sent a file that is not the one it lists: its SHA-256 is another'
    case 'FileChanged':
      return 'changed a file while it was downloaded'
    default:
      return `has files that cannot be used: ${message}`
  }
}

async function listRepository(
  { shape }: StoredEntry,
  { repository, projectorFrom }: StoredRepository,
  source: ModelSource,
  signal: AbortSignal,
): Promise<Found> {
  const { repository: name, revision, files } = await source.listFiles(repository, signal)
  // whoever has the name now is not whom the catalogue was made with
  if (name.toLowerCase() !== repository.toLowerCase()) throw missing(source, repository, name)
  const [own = null] = projectorsOf(files)
  const projector = projectorFrom === undefined ? own : ((await lentProjector(projectorFrom, source, signal)) ?? own)
  const quantizations = quantizationsOf(files, parameterCount(shape), projector)
  return { source: source.name, repository, revision, quantizations }
}

/** The projector of another repository; null when that has none or does not answer. */
async function lentProjector(lender: string, source: ModelSource, signal: AbortSignal): Promise<RemoteFile | null> {
  try {
    const { files } = await source.listFiles(lender, signal)
    return projectorsOf(files)[0] ?? null
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}
