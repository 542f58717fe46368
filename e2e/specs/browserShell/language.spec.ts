import type { Page } from '@playwright/test'
import { expect, test } from '../../support/fixtures.ts'

/** Goes to a page of the window by its address. */
const goTo = (page: Page, place: string): Promise<void> =>
  page.evaluate((hash) => {
    window.location.hash = hash
  }, place)

/** Buttons whose words do not fit into them, or that stand beyond the window; what scrolls sideways or is cut on purpose is left out. */
const cutButtons = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('button, [role=tab], [role=radio]')]
      .filter((button) => button.checkVisibility() && !button.closest('.sr-only, .truncate, [class*=overflow-x-auto]'))
      .filter((button) => {
        const { left, right, width } = button.getBoundingClientRect()
        const isCut =
          button.scrollWidth > button.clientWidth + 1 && getComputedStyle(button).textOverflow !== 'ellipsis'
        return width > 0 && (isCut || left < -1 || right > window.innerWidth + 1)
      })
      .map((button) => button.getAttribute('aria-label') ?? button.textContent),
  )

const sidewaysBy = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const all = [document.documentElement, ...document.querySelectorAll('[role=dialog], [role=dialog] > *, main')]
    return Math.max(...all.map((one) => one.scrollWidth - one.clientWidth))
  })

test.describe('words a third longer', () => {
  test.use({ locale: 'en-XA' })

  for (const width of [1280, 420])
    test(`nothing is cut or scrolls sideways at ${width} px`, async ({ chat: { page } }) => {
      await page.setViewportSize({ width, height: 800 })
      // no word of the done rooms is plain English then
      await expect(page.getByRole('heading', { name: 'Ask about a picture or a video' })).toHaveCount(0)
      const check = async (view: string): Promise<void> => {
        expect.soft(await sidewaysBy(page), view).toBeLessThanOrEqual(0)
        expect.soft(await cutButtons(page), view).toEqual([])
      }
      await check('start')
      await page.keyboard.press('Control+,')
      await expect(page.getByRole('dialog')).toBeVisible()
      await check('settings')
      await page.keyboard.press('Escape')
      await expect(page.getByRole('dialog')).toHaveCount(0)
      for (const place of ['#/models', '#/models/get', '#/gallery']) {
        await goTo(page, place)
        await expect(page.locator('main h1')).toBeVisible()
        await check(place)
      }
    })
})

test.describe('in Chinese', () => {
  test.use({ chosen: { language: 'zh-Hans' } })

  test('the settings and the models have their words, and so has what the core says', async ({ chat: { page } }) => {
    await expect(page.locator('html')).toHaveAttribute('lang', 'zh-Hans')
    await expect(page.getByRole('heading', { name: '就图片或视频提问' })).toBeVisible()
    await page.keyboard.press('Control+,')
    const settings = page.getByRole('dialog', { name: '设置' })
    await settings.getByRole('radiogroup', { name: '主题' }).getByRole('radio', { name: '深色' }).click()
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
    await expect(settings.getByText('15 分钟')).toBeVisible()
    await page.keyboard.press('Escape')

    await goTo(page, '#/models')
    await expect(page.getByRole('heading', { name: '模型' }).first()).toBeVisible()
    await page.getByRole('button', { name: '从本机添加' }).click()
    await page.getByRole('button', { name: '按两个文件的路径' }).click()
    const form = page.getByRole('form', { name: '添加模型' })
    await form.getByLabel('语言模型').fill('/nowhere/model.gguf')
    await form.getByRole('button', { name: '添加模型' }).click()
    await expect(form.getByRole('alert')).toContainText('未找到 model.gguf')
  })
})
