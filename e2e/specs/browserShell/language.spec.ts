import type { Page } from '@playwright/test'
import { pdf, words } from '../../../main/lib/pdf/testing/pdfFile.ts'
import { expect, test } from '../../support/fixtures.ts'
import type { Picture } from '../../pages/chat.ts'

const redCircle =
  '0.86 0.15 0.15 rg 40 100 m 40 133 67 160 100 160 c 133 160 160 133 160 100 c 160 67 133 40 100 40 c 67 40 40 67 40 100 c f'
const paper: Picture = {
  name: 'paper.pdf',
  type: 'application/pdf',
  bytes: pdf([{ content: words('Cover') }, { content: redCircle, entries: '/MediaBox [0 0 200 200]' }]),
}

/** Goes to a page of the window by its address. */
const goTo = (page: Page, place: string): Promise<void> =>
  page.evaluate((hash) => {
    window.location.hash = hash
  }, place)

/** Buttons whose words do not fit into them, or that stand beyond the window; what scrolls sideways or is cut on purpose is left out. */
const cutButtons = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('button, [role=tab], [role=radio], [role=menuitem]')]
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
    test(`nothing is cut or scrolls sideways at ${width} px`, async ({ chat }) => {
      const { page } = chat
      await page.setViewportSize({ width, height: 800 })
      // no word of the done rooms is plain English then
      await expect(page.getByRole('heading', { name: 'Ask about a picture or a video' })).toHaveCount(0)
      const check = async (view: string): Promise<void> => {
        expect.soft(await sidewaysBy(page), view).toBeLessThanOrEqual(0)
        expect.soft(await cutButtons(page), view).toEqual([])
      }
      await check('start')
      await chat.drop(paper)
      await expect(page.getByRole('dialog', { name: 'paper.pdf' })).toBeVisible()
      await check('pages')
      await page.keyboard.press('Escape')
      await expect(page.getByRole('dialog')).toHaveCount(0)
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
      // in a narrow window the list is closed
      if (width < 1000) return
      await page.locator('[data-list-menu]').click()
      await expect(page.getByRole('menuitem')).not.toHaveCount(0)
      await check('the menu of the list')
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

  test('a starter, a picture and a page are asked about, and found again', async ({ chat }) => {
    const { page } = chat
    const answer = page.getByRole('article', { name: /^(Answer|回答)/ })
    const ended = () => expect(answer).toHaveAttribute('aria-busy', 'false')
    await page.getByRole('list', { name: '建议' }).getByRole('button', { name: '有多少个物体？' }).click()
    await ended()
    await expect(answer).toContainText('4个图形')

    const sidebar = page.getByRole('navigation', { name: '对话' })
    await sidebar.getByRole('button', { name: '新对话' }).click()
    await chat.drop('green-star.png', paper)
    const pages = page.getByRole('dialog', { name: 'paper.pdf' })
    await expect(pages).toContainText('2 页')
    const typed = pages.getByRole('textbox', { name: '要提问的页面' })
    await typed.fill('三')
    await expect(pages.getByRole('status')).toHaveText('“三”不是页码。请写成 1-3, 7 的形式。')
    await typed.fill('1、2')
    await pages.getByRole('option', { name: '第 1 页' }).click()
    await pages.getByRole('button', { name: '添加 1 页' }).click()
    await expect(pages).toHaveCount(0)
    const question = page.getByRole('textbox', { name: /^(Question|问题)$/ })
    await question.fill('每张图片里有什么？')
    await question.press('Enter')
    await ended()
    await expect(answer).toContainText(/绿色的星形.*红色的圆形/s)

    await expect(sidebar.getByRole('region', { name: '今天' }).getByRole('listitem')).toHaveCount(2)
    await sidebar.getByRole('button', { name: '对话列表' }).click()
    await expect(page.getByRole('menuitem')).toHaveText(['选择对话', '新建文件夹…', '归档', '回收站', '图库'])
    await page.keyboard.press('Escape')
    await sidebar.getByRole('searchbox', { name: '搜索对话' }).fill('星形')
    await expect(sidebar.getByRole('list', { name: '搜索结果' }).getByRole('listitem')).toHaveCount(1)
    await sidebar.getByRole('searchbox', { name: '搜索对话' }).fill('没有的东西')
    await expect(sidebar.getByText('没有提到“没有的东西”的对话。')).toBeVisible()
  })
})
