import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import sharp from 'sharp'
import { pdf, words } from '../../main/lib/pdf/testing/pdfFile.ts'
import type { ChatPage } from '../pages/chat.ts'
import { ModelsPage } from '../pages/models.ts'
import { expect, test } from '../support/fixtures.ts'

const folder = join(import.meta.dirname, '../../docs/screenshots')
const sizes = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 780 } }
const themes = ['light', 'dark'] as const

/** Keeps what is shown, in both themes and in a wide and a narrow window. */
async function keep(page: Page, name: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewportSize(viewport)
    for (const colorScheme of themes) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.mouse.move(0, 0)
      const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' })
      await sharp(picture)
        .webp({ quality: 80 })
        .toFile(join(folder, `${name}-${size}-${colorScheme}.webp`))
    }
  }
  await page.setViewportSize(sizes.wide)
}

/** Asks about samples and waits for the answer. */
async function ask(chat: ChatPage, question: string, ...pictures: string[]): Promise<void> {
  if (pictures.length > 0) {
    await chat.drop(...pictures)
    await expect(chat.tray).toHaveCount(pictures.length)
  }
  await chat.ask(question)
  await chat.ended()
}

const paper = pdf([{ content: words('Annual report') }, { content: words('Chapter one') }, { content: words('Index') }])

test.describe('the first run', () => {
  test.use({ firstRunDone: false })
  test('the first run', async ({ chat: { page } }) => {
    await expect(page.getByRole('heading').first()).toBeVisible()
    await keep(page, 'first-run')
  })
})

test('conversations', async ({ chat }) => {
  const { page } = chat
  await keep(page, 'start')
  await chat.drop('green-star.png', 'blue-square.png', 'orange-heart.png')
  await expect(chat.tray).toHaveCount(3)
  await chat.question.fill('Which of these is the largest?')
  await expect(page.getByText(/\d+ tokens · \d+ of/)).toBeVisible()
  await keep(page, 'composing')
  await ask(chat, 'What is in each picture?')
  await page.keyboard.press('ControlOrMeta+n')
  await chat.question.fill('Compare with')
  await chat.question.press('Home')
  for (let n = 0; n < 'Compare '.length; n++) await chat.question.press('ArrowRight')
  await chat.paste('red-circle.png')
  await expect(page.locator('[data-picture]')).toHaveCount(1)
  await chat.question.press('End')
  await chat.question.pressSequentially(' ')
  await chat.paste('green-star.png')
  await expect(page.locator('[data-picture]')).toHaveCount(2)
  await chat.question.fill('and say which is larger.')
  await keep(page, 'composing-in-the-text')
  await expect(chat.button('Send')).toBeEnabled()
  await chat.button('Send').click()
  await chat.ended()
  await keep(page, 'asked-in-the-text')
  await page.keyboard.press('ControlOrMeta+n')
  await page.getByRole('button', { name: 'Mark the blue star.' }).click()
  await chat.ended(0)
  await keep(page, 'answers')
  await chat.questions.first().getByRole('button', { name: 'What the model saw' }).click()
  const seen = page.getByRole('dialog', { name: 'What the model saw' })
  await expect(seen.getByTestId('overlay-grid').first()).toBeVisible()
  await expect
    .poll(() =>
      seen.locator('img').evaluateAll((all) => all.every((one) => (one as HTMLImageElement).naturalWidth > 0)),
    )
    .toBe(true)
  await keep(page, 'what-the-model-saw')
  await page.keyboard.press('Escape')
  await page.keyboard.press('ControlOrMeta+k')
  await page.getByRole('dialog', { name: 'Commands' }).getByRole('combobox').fill('pic')
  await expect(page.getByRole('dialog', { name: 'Commands' }).getByRole('option').first()).toBeVisible()
  await keep(page, 'palette')
  await page.keyboard.press('Escape')
  await page.keyboard.press('ControlOrMeta+n')
  await ask(chat, 'What is in the picture?', 'red-circle.png')
  await page.keyboard.press('ControlOrMeta+n')
  await chat.drop({ name: 'report.pdf', type: 'application/pdf', bytes: paper })
  await expect(page.getByRole('option', { name: 'Page 3', exact: true }).locator('img')).toBeVisible()
  await keep(page, 'pages')
  await page.keyboard.press('Escape')
  await page.getByRole('searchbox').fill('circle')
  await expect(page.getByRole('list', { name: 'Search results' }).getByRole('listitem').first()).toBeVisible()
  await keep(page, 'search')
})

test('models and settings', async ({ chat }) => {
  const { page } = chat
  const models = new ModelsPage(page)
  await models.open()
  await keep(page, 'models')
  await models.part('Get a model')
  await keep(page, 'get-a-model')
  await models.close()
  await page.getByRole('button', { name: 'Settings' }).click()
  await expect(page.getByRole('dialog')).toBeVisible()
  await keep(page, 'settings')
})
