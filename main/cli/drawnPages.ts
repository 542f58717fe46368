import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { AppError, pageName } from '#contract'
import type { AnswerRequest, ChatMessage, ChatPart, Engine, Headless, Source } from '../headless.ts'
import { temporaryFolder } from '../lib/files/files.ts'
import { printToPdf } from '../lib/office/libreOffice.ts'
import type { PageCount } from '../lib/pdf/index.ts'
import { SNIFF_BYTES, sniff } from '../lib/picture/index.ts'
import type { FileKind } from '../lib/picture/index.ts'
import { openFile } from '../lib/picture/reader.ts'

/** What pages are drawn with. */
export interface DrawnPagesOptions {
  readonly paged: Headless['paged']
  /** Opens protected PDFs; undefined: none was given. */
  readonly password: string | undefined
  /** The pixels that a page may have. */
  readonly pixels: number
  /** Hears what must be known of a page. */
  readonly tell: (note: string) => void
}

/** Pages that are drawn, of PDFs, SVG drawings and documents that become PDFs, as pictures for one command, each drawn once. Call `close` in the end: they lie in temporary files. */
export class DrawnPages {
  readonly #options: Omit<DrawnPagesOptions, 'pixels'>
  readonly #drawn = new Map<string, Promise<Source>>()
  /** The PDFs that were made of documents. */
  readonly #printed = new Map<string, Promise<string>>()
  #folder: Promise<string> | null = null
  #files = 0
  pixels: number

  constructor({ pixels, ...options }: DrawnPagesOptions) {
    this.#options = options
    this.pixels = pixels
  }

  /** How many pages the file has, and their labels. Throws as `MediaProcess.pages`, and as `printToPdf`. */
  count(path: string): Promise<PageCount> {
    return this.#asked(this.#file(path).then((file) => this.#options.paged.pages(file)))
  }

  /** A page, counted from 1, as a picture that is named as `pageName` says. Throws as `MediaProcess.page`, and as `printToPdf`. */
  page(path: string, page: number): Promise<Source> {
    const key = `${page} ${path}`
    const drawn = this.#drawn.get(key) ?? this.#asked(this.#draw(path, page))
    this.#drawn.set(key, drawn)
    return drawn
  }

  /** The engine with pages drawn when they are asked about. */
  drawnFor(engine: Pick<Engine, 'answer' | 'batch'>): Pick<Engine, 'answer' | 'batch'> {
    const ready = async (request: AnswerRequest) => ({ ...request, messages: await this.withDrawn(request.messages) })
    return {
      async *answer(request, options) {
        yield* engine.answer(await ready(request), options)
      },
      async *batch(model, requests, options) {
        yield* engine.batch(model, await Promise.all(requests.map(ready)), options)
      },
    }
  }

  /** The messages with the pages drawn that they show of such files; the first where they name none. Throws as `page`. */
  withDrawn(messages: readonly ChatMessage[]): Promise<ChatMessage[]> {
    const drawn = async (part: ChatPart): Promise<ChatPart> => {
      if (part.type !== 'image' || !('path' in part.source) || !(await isDrawn(part.source.path))) return part
      const { page = 1, ...source } = part.source
      return { ...part, source: { ...source, ...(await this.page(source.path, page)) } }
    }
    return Promise.all(
      messages.map(async (message) => ({ ...message, content: await Promise.all(message.content.map(drawn)) })),
    )
  }

  async close(): Promise<void> {
    this.#options.paged.close()
    const folder = await this.#folder?.catch(() => null)
    if (folder) await rm(folder, { recursive: true, force: true })
  }

  async #draw(path: string, page: number): Promise<Source> {
    const target = await this.#place('png')
    const { paged, tell } = this.#options
    const { notes, label } = await paged.page(await this.#file(path), page, this.pixels, target)
    const name = pageName(basename(path), page, label)
    for (const note of notes) tell(`${name}: ${note}`)
    return { path: target, name }
  }

  /** A new file in a folder that goes with the command. */
  async #place(ending: string): Promise<string> {
    this.#folder ??= temporaryFolder('pages')
    return join(await this.#folder, `${this.#files++}.${ending}`)
  }

  async #file(path: string) {
    const { password } = this.#options
    const name = basename(path)
    const kind = await kindOf(path)
    if (kind !== 'office' && kind !== 'html') return { path, name, ...(password !== undefined && { password }) }
    const print = async (): Promise<string> => {
      const target = await this.#place('pdf')
      await printToPdf({ path, name, kind }, target)
      return target
    }
    const printed = this.#printed.get(path) ?? print()
    this.#printed.set(path, printed)
    return { path: await printed, name }
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

const drawnKinds: readonly FileKind[] = ['pdf', 'svg', 'office', 'html']

/** Whether pages of a file are drawn, by its first bytes; false for what cannot be read, which is said where it is opened. */
export async function isDrawn(path: string): Promise<boolean> {
  const kind = await kindOf(path)
  return kind !== null && drawnKinds.includes(kind)
}

async function kindOf(path: string): Promise<FileKind | null> {
  const head = await openFile({ path })
    .then((file) => file.readAt(0, SNIFF_BYTES))
    .catch(() => null)
  return head && sniff(head)
}
