import { readFileSync } from 'node:fs'
import { pdf, words } from '../../main/lib/pdf/testing/pdfFile.ts'
import { expect, test } from '../support/fixtures.ts'

test.use({ firstRunDone: false })

const square = '/MediaBox [0 0 200 200]'
const blueSquare = '0.12 0.27 0.86 rg 50 50 100 100 re f'
const pages = pdf([{ content: words('Cover') }, { content: blueSquare, entries: square }])

/** Everything is found as a person finds it: by what is written there, or by what an icon tells who rests the pointer on it. */
test('a first walk: begin, ask about a page of a PDF, put the question otherwise, find it again, and take it along', async ({
  chat,
  shell,
}) => {
  const { page } = chat
  await expect(page.getByText('Ask about what you see')).toBeVisible()
  await page.getByText('Skip', { exact: true }).click()
  const question = page.getByPlaceholder(/^Ask about the|or ask$/)
  await expect(question).toBeEditable()

  await chat.drop({ name: 'plan.pdf', type: 'application/pdf', bytes: pages })
  await expect(page.getByText('2 pages')).toBeVisible()
  await page.getByPlaceholder('Pages, as in 1-3, 7').fill('2')
  await page.getByText('Add 1 page').click()
  await question.fill('What is in the picture?')
  await expect(page.getByText(/\d+ tokens · \d+ of/)).toBeVisible()
  await question.press('Enter')
  await expect(page.getByText(/blue square/i).first()).toBeVisible()

  await page.getByText('What is in the picture?').last().hover()
  await page.getByLabel('Edit question').click()
  await expect(page.getByText('Editing a question.')).toBeVisible()
  await question.fill('How many objects are there?')
  await expect(page.getByText(/\d+ tokens · \d+ of/)).toBeVisible()
  await question.press('Enter')
  await expect(page.getByText('2 / 2')).toBeVisible()

  await page.getByText('New conversation').first().click()
  await page.getByPlaceholder('Search').fill('objects')
  await page.getByRole('list', { name: 'Search results' }).getByText('objects').first().click()
  await expect(page.getByText('How many objects are there?').last()).toBeVisible()

  test.skip(shell === 'electron', 'The stand-in for Electron does not tell of downloads.')
  await page.getByPlaceholder('Search').fill('')
  const row = page.getByText('What is in the picture?').first()
  await row.hover()
  await page.getByLabel('Options for What is in the picture?').click()
  await page.getByText('Export…').click()
  const download = page.waitForEvent('download')
  await page.getByText('Web page').click()
  expect(readFileSync(await (await download).path(), 'utf8')).toContain('How many objects are there?')
})
