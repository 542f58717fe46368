import type { AppError, CatalogueEntry, PassedOver, Quantization, RemoteFile, SourceName } from '#contract'
import type { ModelShape } from './catalogueFile.ts'

/** A quantization as its repository lists it, without what depends on this computer. */
export type ListedQuantization = Omit<Quantization, 'fit' | 'hasDiskSpace' | 'modelId'>

/** What the first repository that answered holds, pinned to the commit `revision`. Smallest first. */
export interface Listing {
  readonly source: SourceName
  readonly repository: string
  readonly revision: string
  readonly quantizations: readonly ListedQuantization[]
  /** Repositories that come before it, in their order. */
  readonly passedOver: readonly PassedOver[]
}

/** Any repository of a chosen source. */
export interface BrowsedRepository {
  /** Finds it again: source, name and the revision that was asked for. */
  readonly id: string
  readonly source: SourceName
  readonly repository: string
  /** As it was asked for, when its source calls it otherwise now. */
  readonly askedFor: string | null
  readonly revision: string
  readonly files: readonly RemoteFile[]
  /** What the address named in it. */
  readonly wanted: { readonly path: string | null; readonly quantization: string | null }
}

/** A repository whose files cannot be used, and why. */
export interface FailedSource {
  readonly source: SourceName
  readonly repository: string
  readonly error: AppError
  /** Those that failed before it in the same attempt; they are not tried again. */
  readonly earlier: readonly PassedOver[]
}

/** Sources in the order they are to be asked; `mirror` is skipped while `mirrorUrl` is null. */
export interface ChosenSources {
  readonly order: readonly SourceName[]
  /** Base address of a server that answers like Hugging Face. */
  readonly mirrorUrl: string | null
}

export interface CatalogueOptions {
  /** The folder of the app's read-only files; the catalogue lies in `catalogue/catalogue.json`. */
  readonly resources: string
  /** E.g. "Sightline/0.1.0". */
  readonly userAgent: string
  /** The user's choice, read before every listing. */
  readonly sources: () => ChosenSources
  /** The access token that is kept for a source; it is sent to that source's own origin alone. */
  readonly token: (source: SourceName) => Promise<string | null>
  /** Base addresses other than the public ones. */
  readonly bases?: Partial<Record<'huggingface' | 'modelscope', string>>
  /** Time for one request with its redirects and body, in ms (20,000). */
  readonly timeoutMs?: number
  /** Largest answer that is read, in bytes (8 MiB). */
  readonly maxBytes?: number
  /** The clock that ages kept listings, in ms. */
  readonly now?: () => number
}

/** The models that can be had, and what their repositories hold right now. */
export interface Catalogue {
  /** @throws AppError StorageFailed when the app's own list is missing or damaged; so do the others. */
  list(): CatalogueEntry[]
  /** Facts for a memory estimate before any file is there. @throws AppError NotFound. */
  shape(entryId: string): ModelShape
  /**
   * Reads the listing of the first repository that answers: sources in the chosen order, repositories in the entry's. A
   * repository whose projector cannot be had comes last. With a quantization: the first that has it. A listing is kept for
   * 10 minutes.
   * @throws AppError NotFound, SourceRefused, SourceUnreachable: the most telling one when all fail; the signal's reason.
   */
  listing(entryId: string, signal: AbortSignal, quantization?: string): Promise<Listing>
  /**
   * Where else a quantization can be had when the files of a repository turned out to be of no use; that repository is passed
   * over then for 10 minutes. null: nowhere, and nothing changes. @throws the signal's reason.
   */
  alternative(entryId: string, quantization: string, failed: FailedSource, signal: AbortSignal): Promise<Listing | null>
  /**
   * Lists a repository by what somebody typed: "owner/name", with ":Q4_K_M" after it, or an address of it or of one of its
   * files at Hugging Face, ModelScope or the mirror. Only these servers are asked, whatever is typed. Kept for 10 minutes.
   * @throws AppError InvalidInput, NotFound, SourceRefused, SourceUnreachable; the signal's reason.
   */
  browse(address: string, signal: AbortSignal): Promise<BrowsedRepository>
  /** `browse` by the id of a repository that was browsed. @throws as `browse`. */
  browsed(id: string, signal: AbortSignal): Promise<BrowsedRepository>
  /** The chosen source that an address belongs to, and what users call it; null: none of them. */
  sourceOf(url: URL): { readonly name: SourceName; readonly label: string } | null
  /** Headers for the address of a file: the kept token of the chosen source it belongs to. @throws AppError SourceRefused. */
  headersFor(url: URL): Promise<Record<string, string>>
}
