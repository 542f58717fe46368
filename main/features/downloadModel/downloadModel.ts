import { AppError } from '#contract'
import type { Download } from '#contract'
import type { EventStream } from '../../lib/eventStream.ts'
import type { Catalogue, ListedQuantization } from '../../services/catalogue/index.ts'
import type { Downloads, DownloadsOptions, FinishedDownload } from '../../services/downloads/index.ts'
import type { Models } from '../../services/models/index.ts'
import { tellProgress } from './progress.ts'
import type { DownloadProgress } from './progress.ts'

export interface DownloadModelParts {
  readonly catalogue: Pick<Catalogue, 'list' | 'listing' | 'sourceOf' | 'headersFor'>
  readonly models: Pick<Models, 'register' | 'choose' | 'current' | 'list' | 'registry'>
  /** Makes the queue with what is done when a download has ended. */
  readonly createQueue: (hooks: Pick<DownloadsOptions, 'onDone' | 'headers' | 'isUsed'>) => Downloads
}

/** Models of the catalogue on their way into the library; methods throw as `Downloads`'. */
export interface DownloadModel {
  watch(signal: AbortSignal): EventStream<Download[]>
  /** Tells how all of them together are going, now and at every change, until the returned function is called. */
  onProgress(listener: (progress: DownloadProgress) => void): () => void
  /**
   * Queues a quantization of an entry. Throws what `Catalogue.listing` throws, and NotFound when its source does not have
   * the quantization any more.
   */
  start(wanted: { entryId: string; quantization: string }, signal: AbortSignal): Promise<Download>
  pause(id: string): Promise<void>
  resume(id: string): void
  prioritise(id: string): void
  remove(id: string): Promise<void>
  /** Why the models folder has to stay where it is at the moment; null: it may be moved. */
  holdsFolder(): string | null
  close(): Promise<void>
}

/** Puts the catalogue, the queue and the library together: what has arrived and is verified becomes a model. */
export function createDownloadModel({ catalogue, models, createQueue }: DownloadModelParts): DownloadModel {
  const queue = createQueue({
    onDone: register,
    headers: (url) => catalogue.headersFor(url),
    isUsed: (path) => models.registry.entries().some(({ files }) => files.some((file) => file.path === path)),
  })

  async function register({ name, entryId, quantization, files }: FinishedDownload): Promise<string> {
    const pathOf = (role: 'text' | 'projector') => files.find((file) => file.role === role)?.path ?? null
    const textPath = pathOf('text')
    if (textPath === null) throw new AppError('InvalidInput', `The download of ${name} has no language model. Remove it and choose another one.`)
    const verified = new Map(files.flatMap(({ path, sha256 }) => (sha256 === null ? [] : [[path, sha256] as const])))
    const origin = { label: originOf(files[0]?.url ?? ''), entryId, quantization }
    const model = await models.register({ textPath, projectorPath: pathOf('projector') }, { name: nameFor(entryId, name), origin, verified })
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
    return [catalogue.sourceOf(url) ?? url.host, repository].filter(Boolean).join(' · ')
  }

  return {
    watch: (signal) => queue.watch(signal),
    onProgress(listener) {
      const ending = new AbortController()
      void tellProgress(queue.watch(ending.signal), listener)
      return () => ending.abort()
    },
    async start({ entryId, quantization: wanted }, signal) {
      const known = queue.list().find((job) => job.entryId === entryId && job.quantization === wanted && job.state !== 'done')
      if (known) return known
      const { quantizations } = await catalogue.listing(entryId, signal)
      const quantization = quantizations.find(({ name }) => name === wanted)
      if (!quantization) throw new AppError('NotFound', `The source has no ${wanted} of this model any more. Choose another quantization.`, { entryId })
      const name = `${catalogue.list().find(({ id }) => id === entryId)?.name ?? entryId} ${wanted}`
      return queue.start({ name, entryId, quantization: wanted, files: filesOf(quantization), folder: name })
    },
    pause: (id) => queue.pause(id),
    resume: (id) => queue.resume(id),
    prioritise: (id) => queue.prioritise(id),
    remove: (id) => queue.remove(id),
    holdsFolder: () =>
      queue.list().some(({ state }) => state !== 'done' && state !== 'paused' && state !== 'failed')
        ? 'A download is writing to the models folder. Pause it under Models, then move the folder.'
        : null,
    close: () => queue.close(),
  }
}

function filesOf({ textFiles, projector }: ListedQuantization) {
  const text = textFiles.map((file) => ({ ...file, role: 'text' as const }))
  return projector ? [...text, { ...projector, role: 'projector' as const }] : text
}
