import { basename, join } from 'node:path'
import { AppError, say } from '#contract'
import type { Contract, Sha256 } from '#contract'
import type { Database } from '../../lib/database/index.ts'
import type { HandlersOf } from '../../lib/handlers.ts'
import type { SpawnWorker } from '../../ports.ts'
import { createAttachments } from './attachments/attachments.ts'
import type { AttachmentGateway, LeftFiles, OpenAttachment } from './attachments/types.ts'
import { createGivenFiles } from './given.ts'
import type { GivenFiles } from './given.ts'
import { createPages } from './pages/pages.ts'
import { createFrameSets } from './frames/frameSets.ts'
import { createInputs } from './inputs/inputs.ts'
import type { FrameSets } from './frames/types.ts'
import { createMediaProcess } from './process/mediaProcess.ts'
import { createSampling, probeFacts } from './sampling/sampleVideo.ts'
import type { ModelRoom } from './sampling/sampleVideo.ts'

export type { AttachmentGateway, OpenAttachment } from './attachments/types.ts'
export type { FrameSets } from './frames/types.ts'
export { createMediaProcess } from './process/mediaProcess.ts'
export type { PagedSource, MediaProcess } from './process/mediaProcess.ts'

export interface MediaOptions {
  readonly db: Database
  /** The data folder: files lie in its `attachments`, frames of videos in its `frames`. */
  readonly folder: string
  readonly spawnWorker: SpawnWorker
  /** Whether windows may name files of this computer by their path. */
  readonly filePaths: boolean
  /** What a plan for a video has to know of the chosen model. */
  readonly modelRoom: () => ModelRoom
  /** Hears why files could not be removed; they are removed the next time. */
  readonly onFailure: (error: unknown) => void
}

/** Pictures, videos and PDFs: their files, the frames of videos that a model gets, and the process that reads them. */
export interface Media {
  /** Answers the window's calls about videos and about files that it names. They throw as `Sampling` and `AttachmentGateway` say. */
  readonly procedures: Pick<HandlersOf<Contract>, 'attachments' | 'pages' | 'videos'>
  readonly attachments: AttachmentGateway
  readonly frames: FrameSets
  /** Lets windows have the file at this path stored: its user gave it to one of them. */
  giveFile(path: string): void
  /** Keeps files that were opened with the app until a window takes them. */
  readonly openFiles: GivenFiles['open']
  /** Whether a user gave the file at this path to a window that may name files. */
  wasGiven(path: string): boolean
  /**
   * Removes what nothing refers to: files that are not in `referenced` and are older than a draft may be, then frames of
   * videos that are gone or have no room. What is in `left` goes at once, unless it was stored again since. One run at a time;
   * ends also when it fails. Returns the names of what was removed: shas of files and keys of frames.
   */
  collect(referenced: () => Iterable<Sha256>, left?: LeftFiles): Promise<string[]>
  /** Ends the process that reads media and waits for a running `collect`. */
  close(): Promise<void>
}

/** Opens the media of one data folder. */
export function createMedia({ db, folder, spawnWorker, filePaths, modelRoom, onFailure }: MediaOptions): Media {
  const reader = createMediaProcess({ spawnWorker })
  const attachments = createAttachments({
    database: db,
    folder: join(folder, 'attachments'),
    media: reader,
    probeVideo: probeFacts,
    keepPaged: (from, sha) => paged.keep(from, sha),
  })
  const paged = createPages({
    folder: join(folder, 'pdfs'),
    media: reader,
    attachments,
    usualBudget: () => modelRoom().budget,
  })
  const frames = createFrameSets({
    folder: join(folder, 'frames'),
    media: reader,
    keepPoster: (sha, make) => attachments.keepPoster(sha, make),
  })
  const inputs = createInputs({ folder: join(folder, 'inputs'), media: reader })
  const sampling = createSampling({ attachments, frames, modelRoom })

  const given = createGivenFiles()

  let collecting: Promise<unknown> = Promise.resolve()
  function next(work: () => Promise<string[]>): Promise<string[]> {
    const names = collecting.then(work).catch((error: unknown) => {
      onFailure(error)
      return []
    })
    collecting = names
    return names
  }
  const collectFrames = () => frames.collect((sha) => attachments.get(sha) !== null)

  /** PDFs of which a page was in `left`, with the time when it was put there. */
  function leftFiles(left: LeftFiles | undefined): LeftFiles {
    const found = new Map<Sha256, number>()
    if (left)
      for (const [pdf, pages] of attachments.pagedFiles())
        for (const page of pages) if (left.has(page)) found.set(pdf, Math.max(found.get(pdf) ?? 0, left.get(page)!))
    return found
  }

  return {
    attachments: {
      ...attachments,
      async open(sha, view): Promise<OpenAttachment> {
        const opened = view === undefined ? given.find(sha) : null
        if (opened) return opened
        if (view === undefined || view === 'thumb') return attachments.open(sha, view)
        if ('page' in view) return paged.openPage(sha, view.page)
        const name = attachments.get(sha)?.name ?? 'The picture'
        return inputs.open({ path: attachments.pathOf(sha), owner: sha, name }, view.input)
      },
    },
    frames: {
      ...frames,
      async open(key, n, input) {
        const stored = await frames.open(key, n)
        const size = frames.get(key)?.sample
        if (!input || (input.width === size?.width && input.height === size.height)) return stored
        return inputs.open({ path: stored.path, owner: key, place: n, name: 'A frame of the video' }, input)
      },
    },
    giveFile: (path) => given.give(path),
    openFiles: (paths) => given.open(paths),
    wasGiven: (path) => filePaths && given.has(path),
    procedures: {
      attachments: {
        storeFile(file, { signal }) {
          if (!filePaths)
            throw new AppError(
              'NotYetSupported',
              say`Files cannot be named from this window. Drop or pick them instead.`,
            )
          if (!given.has(file.path)) {
            const what = `${basename(file.path)} was not given to this window, so it is not read. Drop or pick it.`
            throw new AppError('InvalidInput', what)
          }
          return attachments.storeFile(file, signal)
        },
        takeOpened: () => given.take(),
      },
      pages: paged.procedures,
      videos: {
        plan: (wish) => sampling.plan(wish),
        begin(wanted) {
          const begun = sampling.begin(wanted)
          // new frames need room
          if (begun.missing.length > 0) void next(collectFrames)
          return begun
        },
        extract: (wanted, { signal }) => sampling.extract(wanted, signal),
      },
    },
    collect: (referenced, left) =>
      next(async () => {
        const leftOnes = leftFiles(left)
        const files = await attachments.collect(referenced(), left)
        await paged.collect(leftOnes)
        const gone = [...files, ...(await collectFrames())]
        inputs.forget(gone)
        return gone
      }),
    async close() {
      reader.close()
      await collecting
    },
  }
}
