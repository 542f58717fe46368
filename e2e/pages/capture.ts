import { expect } from '@playwright/test'
import type { Locator, Page } from '@playwright/test'

/** A rectangle in pixels of the captured picture. */
export interface Region {
  x: number
  y: number
  width: number
  height: number
}

/** What a page shows of a capture: the region picker and the ask panel, wherever they are. */
export class CapturePage {
  readonly page: Page
  readonly picker: Locator
  readonly panel: Locator
  readonly magnifier: Locator

  constructor(page: Page) {
    this.page = page
    this.picker = page.getByRole('dialog', { name: 'Choose a region' })
    this.panel = page.getByTestId('ask-panel')
    this.magnifier = page.getByTestId('magnifier')
  }

  /** Chooses an entry of the composer's capture menu. */
  async choose(entry: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Capture the screen' }).click()
    await this.page.getByRole('menuitem', { name: entry }).click()
  }

  /** The pointer's place of the middle of a pixel of the captured picture, in the window. */
  async at(x: number, y: number): Promise<{ x: number; y: number }> {
    return this.picker
      .locator('canvas')
      .first()
      .evaluate(
        (canvas: HTMLCanvasElement, [x, y]) => {
          const box = canvas.getBoundingClientRect()
          return {
            x: box.left + ((x + 0.5) * box.width) / canvas.width,
            y: box.top + ((y + 0.5) * box.height) / canvas.height,
          }
        },
        [x, y] as const,
      )
  }

  /** Drags from one pixel of the picture to another. */
  async drag(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    const start = await this.at(...from)
    const end = await this.at(...to)
    await this.page.mouse.move(start.x, start.y)
    await this.page.mouse.down()
    await this.page.mouse.move((start.x + end.x) / 2, (start.y + end.y) / 2)
    await this.page.mouse.move(end.x, end.y)
    await this.page.mouse.up()
  }

  /** The chosen region. */
  async region(): Promise<Region> {
    const [x = 0, y = 0, width = 0, height = 0] = (
      (await this.page.getByTestId('region').getAttribute('data-region')) ?? ''
    )
      .split(',')
      .map(Number)
    return { x, y, width, height }
  }

  async ask(question: string): Promise<void> {
    await this.panel.getByRole('textbox').fill(question)
    await this.panel.getByRole('textbox').press('Enter')
  }

  /** The answer in the panel once it has ended. */
  async answered(): Promise<Locator> {
    await expect(this.panel.locator('[aria-busy]')).toHaveAttribute('aria-busy', 'false', { timeout: 60_000 })
    return this.panel.getByTestId('panel-answer')
  }
}
