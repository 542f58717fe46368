import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect } from '@playwright/test'
import type { Locator, Page } from '@playwright/test'

const samples = join(import.meta.dirname, '../../resources/samples')

/** A file as a user brings it: a sample's name, or a name with its bytes. */
export type Picture = string | { name: string; type: string; bytes: Uint8Array }

interface PageFile {
  name: string
  type: string
  base64: string
}

function toPageFile(picture: Picture): PageFile {
  if (typeof picture !== 'string')
    return { name: picture.name, type: picture.type, base64: Buffer.from(picture.bytes).toString('base64') }
  return { name: basename(picture), type: 'image/png', base64: readFileSync(join(samples, picture)).toString('base64') }
}

/** The window's conversation and composer. */
export class ChatPage {
  private readonly current: () => Page
  /** The last answer, by its id, when the last question was asked. */
  private answerBefore: string | null = null

  /** `page` is asked each time: the window is another one after a restart. */
  constructor(page: () => Page) {
    this.current = page
  }

  get page(): Page {
    return this.current()
  }

  get question(): Locator {
    return this.page.getByRole('textbox', { name: 'Question' })
  }

  get answers(): Locator {
    return this.page.getByRole('article', { name: 'Answer' })
  }

  get questions(): Locator {
    return this.page.getByRole('article', { name: 'Question' })
  }

  /** Pictures that wait in the composer. */
  get tray(): Locator {
    return this.page.getByRole('list', { name: 'Pictures to send' }).getByRole('listitem')
  }

  get refusals(): Locator {
    return this.page.getByRole('list', { name: 'Files not added' }).getByRole('alert')
  }

  get stop(): Locator {
    return this.page.getByRole('button', { name: 'Stop' })
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true })
  }

  /** Waits until the window can take a question, in whichever language. */
  async ready(): Promise<void> {
    await expect(this.page.locator('textarea[data-question]')).toBeEditable()
  }

  /** Drops files on the window, wherever the pointer is. */
  async drop(...pictures: Picture[]): Promise<void> {
    await this.bring('drop', pictures)
  }

  /** Pastes files into the question. */
  async paste(...pictures: Picture[]): Promise<void> {
    await this.bring('paste', pictures)
  }

  /** Picks files in the file dialog of "Add pictures or videos". */
  async pick(...pictures: string[]): Promise<void> {
    const chooser = this.page.waitForEvent('filechooser')
    await this.button('Add pictures or videos').click()
    await (await chooser).setFiles(pictures.map((name) => join(samples, name)))
  }

  /** Types the question and sends it. */
  async ask(text: string): Promise<void> {
    const ids = await this.answers.evaluateAll((all) => all.map((answer) => answer.getAttribute('data-message-id')))
    this.answerBefore = ids.at(-1) ?? null
    await this.question.fill(text)
    await this.button('Send').click()
  }

  /** The answer at `index`, or the one to the last question, once it has ended, whichever way. */
  async ended(index = -1): Promise<Locator> {
    const answer = index < 0 ? this.answers.last() : this.answers.nth(index)
    if (index < 0 && this.answerBefore !== null)
      await expect(answer).not.toHaveAttribute('data-message-id', this.answerBefore)
    await expect(answer).toHaveAttribute('aria-busy', 'false')
    return answer
  }

  private async bring(how: 'drop' | 'paste', pictures: Picture[]): Promise<void> {
    const files = await this.page.evaluateHandle((list) => {
      const transfer = new DataTransfer()
      for (const { name, type, base64 } of list) {
        transfer.items.add(new File([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], name, { type }))
      }
      return transfer
    }, pictures.map(toPageFile))
    if (how === 'paste') {
      await this.question.evaluate((field, clipboardData) => {
        field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
      }, files)
      return
    }
    for (const type of ['dragenter', 'dragover', 'drop'])
      await this.page.dispatchEvent('body', type, { dataTransfer: files })
  }
}
