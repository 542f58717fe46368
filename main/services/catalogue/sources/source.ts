import type { RemoteFile, SourceName } from '#contract'

/** What a repository holds: its commit and every file with an address that is pinned to it. */
export interface RepositoryListing {
  /** Its name as the source has it now; another one than was asked for when it was renamed. */
  readonly repository: string
  readonly revision: string
  readonly files: readonly RemoteFile[]
}

/** A place to download from. */
export interface ModelSource {
  readonly name: SourceName
  /** What users call it. */
  readonly label: string
  /** Where its repositories and files are; null: its address is not valid. */
  readonly origin: string | null
  /** Whose repositories it holds: a mirror holds those of Hugging Face. */
  readonly holds: 'huggingface' | 'modelscope'
  /**
   * Lists a repository as it is at `revision`, a branch, tag or commit (its main branch).
   * @throws AppError NotFound when there is no such repository or revision, SourceRefused when it is not open to everyone,
   * SourceUnreachable when the source itself fails; the signal's reason.
   */
  listFiles(repository: string, signal: AbortSignal, revision?: string): Promise<RepositoryListing>
  /** Headers for an address: the kept token where it may be sent. @throws AppError SourceRefused for one that cannot be sent. */
  headersFor(url: URL): Promise<Record<string, string>>
}

/** How to speak to a source. */
export interface SourceConnection {
  readonly name: SourceName
  /** What users call it, e.g. "Hugging Face". */
  readonly label: string
  /** Base address without a slash at its end. */
  readonly base: string
  readonly userAgent: string
  readonly token: () => Promise<string | null>
  readonly timeoutMs: number
  readonly maxBytes: number
}
