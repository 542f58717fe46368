import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from '@playwright/test'
import { root } from '../support/electronProgram.ts'
import type { Picture } from './chat.ts'

/** A video of `e2e/fixtures` or of the samples, as a user brings it. */
export function video(name: string, folder: 'fixtures' | 'samples' = 'fixtures'): Exclude<Picture, string> {
  const path = folder === 'fixtures' ? join(root, 'e2e/fixtures', name) : join(root, 'resources/samples', name)
  return { name, type: name.endsWith('.webm') ? 'video/webm' : 'video/mp4', bytes: readFileSync(path) }
}

/**
 * Holds back one frame of every video on its way to the core, whichever way the shell sends it, until the returned
 * function is called.
 */
export async function holdFrame(page: Page, n: number): Promise<() => Promise<void>> {
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
  await page.route(new RegExp(`/frames/[0-9a-f]{64}/${n}\\?`), async (route) => {
    await held
    await route.fallback().catch(() => {})
  })
  await page.evaluate((part) => {
    const { postMessage } = MessagePort.prototype
    const waiting: (() => void)[] = []
    const given = new Set<number>()
    let isHeld = true
    Object.assign(globalThis, {
      letFramesGo: () => {
        isHeld = false
        for (const send of waiting) send()
      },
    })
    MessagePort.prototype.postMessage = function (this: MessagePort, message: unknown, ...rest: []) {
      const { post, address, abandon } = (message ?? {}) as { post?: number; address?: string; abandon?: number }
      if (abandon !== undefined) given.add(abandon)
      const isFrame = post !== undefined && new RegExp(part).test(address ?? '')
      if (!isFrame || !isHeld) return postMessage.call(this, message, ...rest)
      // what was given up meanwhile is not sent any more
      waiting.push(() => (given.has(post) ? undefined : postMessage.call(this, message, ...rest)))
    }
  }, `/frames/[0-9a-f]{64}/${n}\\?`)
  return async () => {
    letGo()
    await page.evaluate(() => (globalThis as unknown as { letFramesGo(): void }).letFramesGo())
  }
}

/** Videos in the composer and in the conversation. */
export class VideoPage {
  private readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  /** The videos that wait in the composer. */
  get tiles(): Locator {
    return this.page.getByRole('list', { name: 'Pictures to send' }).getByRole('listitem', { name: /^Video/ })
  }

  /** Said while Send waits for something. */
  get waits(): Locator {
    return this.page.getByTestId('waits-for')
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog')
  }

  get cost(): Locator {
    return this.dialog.getByTestId('clip-cost')
  }

  /** The frames that will be seen. */
  get strip(): Locator {
    return this.dialog.getByRole('list', { name: 'Frames that will be seen' }).getByRole('listitem')
  }

  edge(which: 'In' | 'Out'): Locator {
    return this.dialog.getByRole('slider', { name: `${which} point` })
  }

  /** Opens a video of the composer to be trimmed. */
  async open(number = 1): Promise<void> {
    await this.page.getByRole('button', { name: new RegExp(`^Open video ${number}:`) }).click()
  }

  async close(): Promise<void> {
    await this.dialog.getByRole('button', { name: 'Done' }).click()
  }

  /** The player of the last video of the conversation. */
  get player(): Locator {
    return this.page.getByRole('article', { name: 'Question' }).locator('video').last()
  }

  /** The frames that were seen of the last video of the conversation. */
  get seen(): Locator {
    return this.page.getByRole('list', { name: 'Frames that the model saw' }).last().getByRole('listitem')
  }

  /** Where the player is, in seconds. */
  async time(): Promise<number> {
    return this.player.evaluate((element) => (element as HTMLVideoElement).currentTime)
  }
}
