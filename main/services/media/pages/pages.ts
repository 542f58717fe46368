import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { readdir, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, pageName } from '#contract'
import type { Contract, ImageAttachment, PictureBudget, Sha256 } from '#contract'
import { placeFile, temporaryFolder } from '../../../lib/files/files.ts'
import type { HandlersOf } from '../../../lib/handlers.ts'
import type { AttachmentGateway, LeftFiles, OpenAttachment } from '../attachments/types.ts'
import { cannotStore } from '../attachments/receive.ts'
import type { PagedSource, MediaProcess } from '../process/mediaProcess.ts'

/** Files of which no stored picture is a page are kept this long, in ms: pages of them may still be chosen. */
const LIFE = 24 * 60 * 60 * 1000
/** What the file is called in its folder, whatever it is. */
const FILE = 'file.pdf'
/** Small pictures of a file that may end their reader, by time or by a crash, until no more of them are tried. */
const MOST_ENDED = 2
/** Pixels that a page has at least, whatever its budget: people look at it too, and the model's size is made of it as of any picture. */
const LEGIBLE = 1_000_000

export interface PagesOptions {
  /** Where they lie, each in a folder of its own with small pictures of its pages; made when missing. */
  readonly folder: string
  readonly media: Pick<MediaProcess, 'pages' | 'page' | 'pageThumbnail'>
  readonly attachments: Pick<AttachmentGateway, 'storePage' | 'get' | 'pageText' | 'pagedFiles'>
  /** The pixels that a picture may have where nothing else is chosen. */
  readonly usualBudget: () => PictureBudget
}

/** Stored files with pages, PDFs most of them: one folder per SHA-256. */
export interface Pages {
  /** They throw as `pages` of the contract says. */
  readonly procedures: HandlersOf<Contract>['pages']
  /** Moves a file from a temporary place to where it is kept. */
  keep(from: string, sha: Sha256): Promise<void>
  /** A small picture of a page, made when first asked for. Throws NotFound, and as `procedures.open`. */
  openPage(sha: Sha256, page: number): Promise<OpenAttachment>
  /**
   * Removes what no stored picture is a page of: what was not used for 24 hours, and at once those in `left`, unless they
   * were stored again since.
   */
  collect(left: LeftFiles): Promise<void>
}

/** Opens their folder. Passwords are kept in memory alone. */
export function createPages({ folder, media, attachments, usualBudget }: PagesOptions): Pages {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const passwords = new Map<Sha256, string>()
  /** How many small pictures of a file ended their reader. */
  const ended = new Map<Sha256, number>()
  let lastSmall: Promise<unknown> = Promise.resolve()
  /** One small picture after the other, so that a page that is wanted large waits for one of them at most. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = lastSmall.then(work)
    lastSmall = next.catch(() => {})
    return next
  }
  const placeOf = (sha: Sha256, file: string) => join(folder, sha, file)

  /** The file as the media process opens it. It was used now. */
  async function sourceOf(sha: Sha256, name: string): Promise<PagedSource> {
    const path = placeOf(sha, FILE)
    const now = new Date()
    await utimes(path, now, now).catch((cause: unknown) => {
      throw new AppError('NotFound', `${name} is not stored here any more. Add it again.`, { sha }, { cause })
    })
    const password = passwords.get(sha)
    return { path, name, ...(password !== undefined && { password }) }
  }

  /** Lets `work` write a file in a folder of its own, which is gone afterwards. */
  async function making<T>(name: string, work: (target: string) => Promise<T>): Promise<T> {
    const own = await temporaryFolder('page', folder).catch((error: unknown) => {
      throw cannotStore(name, error)
    })
    try {
      return await work(join(own, 'made'))
    } finally {
      await rm(own, { recursive: true, force: true })
    }
  }

  return {
    procedures: {
      async open({ sha, name, password }) {
        const source = await sourceOf(sha, name)
        const { pages, labels } = await media.pages({ ...source, ...(password !== undefined && { password }) })
        if (password !== undefined) passwords.set(sha, password)
        return { pages, ...(labels && { labels: [...labels] }) }
      },
      async takePage({ sha, name, page, budget }): Promise<ImageAttachment> {
        const source = await sourceOf(sha, name)
        const pixels = Math.max(LEGIBLE, (budget ?? usualBudget()).maxPixels)
        return making(name, async (target) => {
          const facts = await media.page(source, page, pixels, target)
          return attachments.storePage(pageName(name, page, facts.label), target, { pdf: sha, number: page }, facts)
        })
      },
      async text({ sha }) {
        const lines = attachments.pageText(sha)
        const stored = lines.length === 0 ? attachments.get(sha) : null
        if (stored?.kind === 'image' && stored.page?.text)
          throw new AppError(
            'NotFound',
            `The text of ${stored.name} is not kept here. Add the page again from its file.`,
          )
        return { lines: [...lines] }
      },
    },

    async keep(from, sha) {
      mkdirSync(join(folder, sha), { recursive: true, mode: 0o700 })
      await placeFile(from, placeOf(sha, FILE))
      const now = new Date()
      await utimes(placeOf(sha, FILE), now, now)
    },

    async openPage(sha, page) {
      const path = placeOf(sha, `${page}.webp`)
      if (!existsSync(path)) {
        await inTurn(async () => {
          if ((ended.get(sha) ?? 0) >= MOST_ENDED) throw tooHard()
          const source = await sourceOf(sha, 'The file')
          await making(source.name, async (target) => {
            await media.pageThumbnail(source, page, target)
            await placeFile(target, path)
          })
        }).catch((error: unknown) => {
          if (error instanceof AppError && error.detail?.['endedReader'] === true)
            ended.set(sha, (ended.get(sha) ?? 0) + 1)
          throw error
        })
      }
      return { mime: 'image/webp', bytes: statSync(path).size, path }
    },

    async collect(left) {
      const held = attachments.pagedFiles()
      for (const sha of await readdir(folder)) {
        if (held.has(sha) || !/^[0-9a-f]{64}$/.test(sha)) continue
        // one without its file is being stored, or was not to its end
        const used = existsSync(placeOf(sha, FILE)) ? placeOf(sha, FILE) : join(folder, sha)
        const usedAt = statSync(used).mtimeMs
        if (usedAt > Date.now() - LIFE && usedAt > (left.get(sha) ?? 0)) continue
        rmSync(join(folder, sha), { recursive: true, force: true })
        passwords.delete(sha)
        ended.delete(sha)
      }
    },
  }
}

const tooHard = (): AppError =>
  new AppError('DamagedMedia', 'The pages of this file take too long to draw. Print those you ask about to a new PDF.')
