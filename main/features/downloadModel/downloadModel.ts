import { isDeepStrictEqual } from 'node:util'
import { AppError } from '#contract'
import type { Contract, Download, DownloadSelection, RemoteFile } from '#contract'
import { atSource } from '../../engine/index.ts'
import type { HandlersOf } from '../../lib/handlers.ts'
import { sortRepository } from '../../services/catalogue/index.ts'
import type { Catalogue, Listing } from '../../services/catalogue/index.ts'
import type {
  DownloadFile,
  Downloads,
  DownloadsOptions,
  FinishedDownload,
  Heads,
} from '../../services/downloads/index.ts'
import type { Models } from '../../services/models/index.ts'

/** How all downloads together are going, for a shell's taskbar and tray. */
export interface DownloadProgress {
  /** Share of the bytes of all active jobs that are there, 0..1; null when none is active. */
  readonly share: number | null
  /** Jobs that are queued, checking, running, retrying or verifying. */
  readonly active: number
  /** Jobs that failed and wait for the user. */
  readonly failed: number
  /** Nothing arrives: the active jobs wait for a connection that was lost. */
  readonly stalled: boolean
}

const activeStates: readonly Download['state'][] = ['queued', 'checking', 'running', 'retrying', 'verifying']

/** Sums up a list of jobs. */
export function progressOf(jobs: readonly Download[]): DownloadProgress {
  const active = jobs.filter(({ state }) => activeStates.includes(state))
  const has = (state: Download['state']) => active.some((job) => job.state === state)
  return {
    share: active.length === 0 ? null : shareOf(active),
    active: active.length,
    failed: jobs.filter(({ state }) => state === 'failed').length,
    stalled: has('retrying') && !has('running') && !has('checking') && !has('verifying'),
  }
}

/** Tells `listener` how the lists of `stream` sum up, whenever that changes, until the stream ends. */
export async function tellProgress(
  stream: AsyncIterable<readonly Download[]>,
  listener: (progress: DownloadProgress) => void,
): Promise<void> {
  let last: DownloadProgress | null = null
  for await (const jobs of stream) {
    const progress = progressOf(jobs)
    if (isDeepStrictEqual(progress, last)) continue
    last = progress
    listener(progress)
  }
}

function shareOf(jobs: readonly Download[]): number {
  const sum = (count: (job: Download) => number) => jobs.reduce((total, job) => total + count(job), 0)
  const bytes = sum((job) => job.bytes)
  return bytes === 0 ? 0 : Math.min(1, sum((job) => job.doneBytes) / bytes)
}

export interface DownloadModelParts {
  readonly catalogue: Pick<Catalogue, 'list' | 'listing' | 'alternative' | 'browsed' | 'sourceOf' | 'headersFor'>
  readonly models: Pick<Models, 'register' | 'choose' | 'current' | 'list' | 'registry'>
  /** Makes the queue with what is done when a download has ended. */
  readonly createQueue: (
    hooks: Pick<DownloadsOptions, 'onDone' | 'headers' | 'isUsed' | 'check' | 'replace'>,
  ) => Downloads
  /** Whether the models folder is being moved: no download may begin to write to it, or delete there. */
  readonly isFolderMoving: () => boolean
}

/** What another repository may have better: files that are gone, refused, changed, damaged or of no known form. */
const ELSEWHERE = [
  'NotFound',
  'SourceRefused',
  'DigestMismatch',
  'FileChanged',
  'UnsupportedModel',
  'ModelDamaged',
  'ProjectorMismatch',
]

/** Models of the catalogue on their way into the library. */
export interface DownloadModel {
  /** Reads files at their sources; what was read is where their download begins. */
  readonly heads: Heads
  /** Tells how all of them together are going, now and at every change, until the returned function is called. */
  onProgress(listener: (progress: DownloadProgress) => void): () => void
  /**
   * Answers the window's calls about downloads. They throw as `Downloads`'; `start` also what `Catalogue.listing` and
   * `Catalogue.browsed` throw, and NotFound when the source does not have it any more. Where files would be written or
   * deleted they throw Busy while the models folder is being moved.
   */
  readonly procedures: HandlersOf<Contract>['downloads']
  /** Why the models folder has to stay where it is at the moment; null: it may be moved. */
  holdsFolder(): string | null
  close(): Promise<void>
}

/** Puts the catalogue, the queue and the library together: what has arrived and is verified becomes a model. */
export function createDownloadModel(parts: DownloadModelParts): DownloadModel {
  const { catalogue, models, createQueue, isFolderMoving } = parts
  const queue = createQueue({
    onDone: register,
    headers: (url) => catalogue.headersFor(url),
    check: async ({ files }, open, signal) => {
      const pathOf = (role: 'text' | 'projector') => files.find((file) => file.role === role)?.path ?? null
      let fetched = 0
      const headers = atSource(files, async (file) => {
        const head = await open(file)
        return { ...head, close: () => head.close().finally(() => (fetched += head.fetchedBytes())) }
      })
      try {
        await headers.inspectModel({ textPath: pathOf('text') ?? '', projectorPath: pathOf('projector') }, signal)
      } catch (error) {
        if (!(error instanceof AppError) || !ELSEWHERE.includes(error.code)) throw error
        throw new AppError(
          error.code,
          `${error.message} ${fetchedOnly(fetched)}`,
          { ...error.detail, fetched },
          { cause: error },
        )
      }
    },
    replace: async ({ entryId, quantization: wanted, from }, error, earlier, signal) => {
      if (!(error instanceof AppError) || !ELSEWHERE.includes(error.code) || !from) return null
      const other = await catalogue.alternative(entryId, wanted, { ...from, error, earlier }, signal)
      const reason = other?.passedOver.find(
        (one) => one.source === from.source && one.repository === from.repository,
      )?.reason
      const files = other && filesOf(other, wanted)
      return files
        ? { from: { source: other.source, repository: other.repository }, files, reason: reason ?? error.message }
        : null
    },
    isUsed: (path) => models.registry.entries().some(({ files }) => files.some((file) => file.path === path)),
  })

  async function register({ name, entryId, quantization, files }: FinishedDownload): Promise<string> {
    const pathOf = (role: 'text' | 'projector') => files.find((file) => file.role === role)?.path ?? null
    const textPath = pathOf('text')
    if (textPath === null)
      throw new AppError(
        'InvalidInput',
        `The download of ${name} has no language model. Remove it and choose another one.`,
      )
    const verified = new Map(files.flatMap(({ path, sha256 }) => (sha256 === null ? [] : [[path, sha256] as const])))
    const origin = { label: originOf(files[0]?.url ?? ''), entryId, quantization }
    const model = await models.register(
      { textPath, projectorPath: pathOf('projector') },
      { name: nameFor(entryId, name), origin, verified },
    )
    // The first real model takes the demo model's place, also when the window was closed meanwhile.
    if (models.current().isDemo) models.choose(model.id)
    return model.id
  }

  /** The entry's name where that tells it apart, else with its quantization. */
  function nameFor(entryId: string, name: string): string {
    const plain = catalogue.list().find(({ id }) => id === entryId)?.name ?? name
    return models.list().some((model) => model.name === plain) ? name : plain
  }

  /** Where a file came from, for people: "Hugging Face · owner/name". */
  function originOf(address: string): string {
    const url = URL.parse(address)
    if (!url) return 'The internet'
    const [, repository] = /\/([^/]+\/[^/]+)\/resolve\//.exec(url.pathname) ?? []
    return [catalogue.sourceOf(url)?.label ?? url.host, repository].filter(Boolean).join(' · ')
  }

  const checkFolder = () => {
    if (isFolderMoving())
      throw new AppError('Busy', 'The models folder is being moved. Wait until that is done, then try again.')
  }

  const underWay = (entryId: string, quantization: string) =>
    queue.list().find((job) => job.entryId === entryId && job.quantization === quantization && job.state !== 'done')

  async function startRepository(
    wish: Extract<DownloadSelection, { repositoryId: string }>,
    signal: AbortSignal,
  ): Promise<Download> {
    const { repositoryId, text: textPath, projector } = wish
    const browsed = await catalogue.browsed(repositoryId, signal)
    const { repository, source, texts } = sortRepository(browsed)
    const text = texts.find(({ path }) => path === textPath)
    const projectorFile = browsed.files.find(({ path }) => path === projector)
    if (!text || (projector !== null && !projectorFile))
      throw new AppError('NotFound', `${repository} does not have these files any more. Type the repository again.`, {
        repository,
      })
    const known = underWay(repositoryId, text.label)
    if (known) return known
    const plain = repository.split('/')[1]!.replace(/[-_.]gguf$/i, '')
    const name = text.quantization !== null && text.label === text.quantization ? `${plain} ${text.label}` : text.label
    const files = rolesOf(text.files, projectorFile ?? null)
    checkFolder()
    return queue.start({
      name,
      entryId: repositoryId,
      quantization: text.label,
      files,
      folder: name,
      from: { source, repository },
    })
  }

  async function start(wanted: DownloadSelection, signal: AbortSignal): Promise<Download> {
    if ('repositoryId' in wanted) return startRepository(wanted, signal)
    const { entryId, quantization } = wanted
    const known = underWay(entryId, quantization)
    if (known) return known
    const listing = await catalogue.listing(entryId, signal)
    const files = filesOf(listing, quantization)
    if (!files)
      throw new AppError(
        'NotFound',
        `The source has no ${quantization} of this model any more. Choose another quantization.`,
        {
          entryId,
        },
      )
    const name = `${catalogue.list().find(({ id }) => id === entryId)?.name ?? entryId} ${quantization}`
    const from = { source: listing.source, repository: listing.repository }
    checkFolder()
    return queue.start({ name, entryId, quantization, files, folder: name, from, passedOver: listing.passedOver })
  }

  return {
    procedures: {
      watch: (_, { signal }) => queue.watch(signal),
      start: (wanted, { signal }) => start(wanted, signal),
      pause: ({ id }) => queue.pause(id),
      resume({ id }) {
        checkFolder()
        queue.resume(id)
      },
      prioritise: ({ id }) => queue.prioritise(id),
      remove({ id }) {
        checkFolder()
        return queue.remove(id)
      },
    },
    onProgress(listener) {
      const ending = new AbortController()
      void tellProgress(queue.watch(ending.signal), listener)
      return () => ending.abort()
    },
    heads: queue.heads,
    holdsFolder: () =>
      queue.list().some(({ state }) => state !== 'done' && state !== 'paused' && state !== 'failed')
        ? 'A download is writing to the models folder. Pause it under Models, then move the folder.'
        : null,
    close: () => queue.close(),
  }
}

/** The files of a quantization; null when the listing does not have it. */
function filesOf({ quantizations }: Listing, wanted: string): DownloadFile[] | null {
  const quantization = quantizations.find(({ name }) => name === wanted)
  return quantization ? rolesOf(quantization.textFiles, quantization.projector) : null
}

function rolesOf(textFiles: readonly RemoteFile[], projector: RemoteFile | null): DownloadFile[] {
  const text = textFiles.map((file) => ({ ...file, role: 'text' as const }))
  return projector ? [...text, { ...projector, role: 'projector' as const }] : text
}

/** What a refusal before the download has cost. */
function fetchedOnly(bytes: number): string {
  const amount = bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
  return bytes === 0 ? 'Nothing of it was fetched.' : `Only ${amount} were fetched to find that out.`
}
