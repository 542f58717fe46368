import type { Page } from '@playwright/test'
import { pdf, words } from '../../main/lib/pdf/testing/pdfFile.ts'
import { Sidebar } from '../pages/sidebar.ts'
import { seriousProblems } from '../support/axe.ts'
import { expect, test } from '../support/fixtures.ts'

const square = '/MediaBox [0 0 200 200]'
const filled = (colour: string) => `${colour} rg 40 60 120 120 re f 0 g`
const pages = [
  { content: words('Preface'), entries: square },
  { content: `${filled('0.86 0.15 0.15')} ${words('Invoice 4711')}`, entries: square },
  { content: `${filled('0.15 0.3 0.86')} ${words('Total due')}`, entries: square },
]
const paper = {
  name: 'paper.pdf',
  type: 'application/pdf',
  bytes: pdf(pages, { catalogue: '/PageLabels << /Nums [0 << /S /r >> 1 << /S /D >>] >>' }),
}
const picker = (page: Page) => page.getByRole('dialog', { name: 'paper.pdf' })

test('a page is chosen by its label; its text is quoted, and found by the search', async ({ chat }) => {
  const { page } = chat
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await chat.drop(paper)
  const dialog = picker(page)
  await expect(dialog.getByRole('option', { name: 'Page i (1)' })).toBeVisible()
  const typed = dialog.getByRole('textbox', { name: 'Pages to ask about' })
  await typed.fill('i-1')
  await expect(dialog.getByRole('button', { name: 'Add 2 pages' })).toBeEnabled()
  await typed.fill('1')
  await typed.press('Enter')
  await expect(chat.tray).toHaveCount(1)
  await expect(chat.tray).toContainText('Page 1 (2)')

  await chat.tray.getByRole('button', { name: /^Mark a place/ }).click()
  await page.getByRole('button', { name: 'Select text' }).click()
  const text = page.getByTestId('page-text').getByText('Invoice 4711')
  await expect(text).toBeAttached()
  const box = (await text.boundingBox())!
  await page.mouse.move(box.x + 1, box.y + box.height / 2)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width - 1, box.y + box.height / 2, { steps: 4 })
  await page.mouse.up()
  expect(await page.evaluate(() => String(getSelection()))).toBe('Invoice 4711')
  expect.soft(await seriousProblems(page)).toEqual([])
  await page.getByRole('button', { name: 'Quote', exact: true }).click()
  await expect(chat.question).toHaveValue('> Invoice 4711\n\n')

  await chat.ask('What is in the picture?')
  await chat.ended()
  await expect(chat.questions.first()).toContainText('Page 1 (2)')
  const sidebar = new Sidebar(page)
  await page.getByRole('button', { name: 'New conversation' }).first().click()
  await sidebar.search.fill('invoice 4711')
  await expect(sidebar.results).toContainText('paper.pdf, page 1 (2)')
  await sidebar.results.getByRole('button').first().click()
  await expect(chat.questions.first()).toBeVisible()
})

test('every page is asked about on its own, one after the other, under its label', async ({ chat }) => {
  const { page } = chat
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await chat.drop(paper)
  const dialog = picker(page)
  await dialog.getByRole('button', { name: 'All' }).click()
  await dialog.getByRole('button', { name: 'Ask each…' }).click()
  const question = dialog.getByRole('textbox', { name: 'Question about each page' })
  await expect(dialog.getByRole('button', { name: 'Ask 3 pages' })).toBeDisabled()
  await question.fill('What is in the picture?')
  expect.soft(await seriousProblems(page)).toEqual([])
  await question.press('Enter')
  await expect(dialog).toHaveCount(0)
  await expect(chat.questions).toHaveCount(3)
  await expect(chat.answers).toHaveCount(3)
  for (const [index, label] of ['Page i (1)', 'Page 1 (2)', 'Page 2 (3)'].entries())
    await expect(chat.questions.nth(index)).toContainText(label)
  await expect(await chat.ended(2)).toHaveAttribute('data-status', 'complete')
  await expect(page.getByText(/^Asking about page/)).toHaveCount(0)
})
