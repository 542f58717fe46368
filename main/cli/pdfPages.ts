import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { AppError } from '#contract'
import type { AnswerRequest, ChatPart, Engine, Headless, Source } from '../headless.ts'
import { temporaryFolder } from '../lib/files/files.ts'
import { SNIFF_BYTES, sniff } from '../lib/picture/index.ts'
import { openFile } from '../lib/picture/reader.ts'

/** What pages of PDFs are drawn with. */
export interface PdfOptions {
  readonly pdfs: Headless['pdfs']
  /** Opens protected ones; undefined: none was given. */
  readonly password: string | undefined
  /** The pixels that a page may have. */
  readonly pixels: number
  /** Hears what must be known of a page. */
  readonly tell: (note: string) => void
}

/** Pages of PDFs as pictures for one command, each drawn once. Call `close` in the end: they lie in temporary files. */
export class PdfPages {
  readonly #options: Omit<PdfOptions, 'pixels'>
  readonly #drawn = new Map<string, Promise<Source>>()
  #folder: Promise<string> | null = null
  #files = 0
  pixels: number

  constructor({ pixels, ...options }: PdfOptions) {
    this.#options = options
    this.pixels = pixels
  }

  /** How many pages the PDF has. Throws as `MediaProcess.pages`. */
  count(path: string): Promise<number> {
    return this.#asked(this.#options.pdfs.pages(this.#file(path)))
  }

  /** A page, counted from 1, as a picture that is named "FILE, page N". Throws as `MediaProcess.page`. */
  page(path: string, page: number): Promise<Source> {
    const key = `${page} ${path}`
    const drawn = this.#drawn.get(key) ?? this.#asked(this.#draw(path, page))
    this.#drawn.set(key, drawn)
    return drawn
  }

  /** The engine with pages of PDFs drawn when they are asked about: sources that name a PDF and a page. */
  drawnFor(engine: Pick<Engine, 'answer' | 'batch'>): Pick<Engine, 'answer' | 'batch'> {
    const ready = (request: AnswerRequest) => this.#withDrawn(request)
    return {
      async *answer(request, options) {
        yield* engine.answer(await ready(request), options)
      },
      async *batch(model, requests, options) {
        yield* engine.batch(model, await Promise.all(requests.map(ready)), options)
      },
    }
  }

  async #withDrawn(request: AnswerRequest): Promise<AnswerRequest> {
    const drawn = async (part: ChatPart): Promise<ChatPart> => {
      if (part.type !== 'image' || !('path' in part.source)) return part
      const { page, ...source } = part.source
      if (page === undefined || !(await isPdf(source.path))) return part
      return { ...part, source: { ...source, ...(await this.page(source.path, page)) } }
    }
    const messages = request.messages.map(async (message) => ({
      ...message,
      content: await Promise.all(message.content.map(drawn)),
    }))
    return { ...request, messages: await Promise.all(messages) }
  }

  async close(): Promise<void> {
    this.#options.pdfs.close()
    const folder = await this.#folder?.catch(() => null)
    if (folder) await rm(folder, { recursive: true, force: true })
  }

  async #draw(path: string, page: number): Promise<Source> {
    this.#folder ??= temporaryFolder('pages')
    const number = this.#files++
    const target = join(await this.#folder, `${number}.png`)
    const { pdfs, tell } = this.#options
    const name = `${basename(path)}, page ${page}`
    for (const note of await pdfs.page(this.#file(path), page, this.pixels, target)) tell(`${name}: ${note}`)
    return { path: target, name }
  }

  #file(path: string) {
    const { password } = this.#options
    return { path, name: basename(path), ...(password !== undefined && { password }) }
  }

  /** On the command line there is nobody to type a password. */
  #asked<T>(work: Promise<T>): Promise<T> {
    return work.catch((error: unknown) => {
      if (!(error instanceof AppError) || error.code !== 'PasswordNeeded' || error.detail?.['wrong'] === true)
        throw error
      throw new AppError(
        'PasswordNeeded',
        error.message.replace('Type it to open the file.', 'Give it with --password.'),
      )
    })
  }
}

/** Whether a file is a PDF, by its first bytes; false for what cannot be read, which is said where it is opened. */
export async function isPdf(path: string): Promise<boolean> {
  const head = await openFile({ path })
    .then((file) => file.readAt(0, SNIFF_BYTES))
    .catch(() => null)
  return head !== null && sniff(head) === 'pdf'
}
