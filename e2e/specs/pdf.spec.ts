import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { chineseWords, filled, pdf, words } from '../../main/lib/pdf/testing/pdfFile.ts'
import { expect, test } from '../support/fixtures.ts'
import { savedDraft } from '../support/savedDraft.ts'

const square = '/MediaBox [0 0 200 200]'
const redCircle =
  '0.86 0.15 0.15 rg 40 100 m 40 133 67 160 100 160 c 133 160 160 133 160 100 c 160 67 133 40 100 40 c 67 40 40 67 40 100 c f'

const file = (name: string, bytes: Uint8Array) => ({ name, type: 'application/pdf', bytes })
const paper = file('paper.pdf', pdf([{ content: words('Cover') }, { content: redCircle, entries: square }]))

const picker = (page: Page, name: string) => page.getByRole('dialog', { name })
const pageOf = (page: Page, number: number) => page.getByRole('option', { name: `Page ${number}`, exact: true })
/** The pictures of pages that are drawn by now. */
const drawn = (page: Page) =>
  page
    .getByRole('listbox', { name: 'Pages' })
    .locator('img')
    .evaluateAll((all) => (all as HTMLImageElement[]).filter(({ naturalWidth }) => naturalWidth > 0).length)

/** What axe holds to be serious or critical in the page as it is. */
async function seriousProblems(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`))
}

test('of a dropped PDF a page is chosen, and answered about', async ({ chat }) => {
  const { page } = chat
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await chat.drop(paper)
  const dialog = picker(page, 'paper.pdf')
  await expect(dialog).toContainText('2 pages')
  await expect.poll(() => drawn(page)).toBe(2)
  await expect(chat.tray).toHaveCount(0)

  const typed = dialog.getByRole('textbox', { name: 'Pages to ask about' })
  await typed.fill('3')
  await expect(dialog).toContainText('There are pages 1 to 2 only.')
  await expect(dialog.getByRole('button', { name: /^Add/ })).toBeDisabled()
  await typed.fill('1-2')
  expect.soft(await seriousProblems(page)).toEqual([])
  await expect(pageOf(page, 1)).toHaveAttribute('aria-selected', 'true')
  await pageOf(page, 1).click()
  await expect(typed).toHaveValue('2')
  await dialog.getByRole('button', { name: 'Add 1 page' }).click()

  await expect(dialog).toHaveCount(0)
  await expect(chat.tray).toHaveCount(1)
  await expect(chat.tray).toHaveAttribute('aria-label', /paper\.pdf, page 2/)
  await expect(chat.tray).toContainText('Page 2')
  await chat.ask('What is in the picture?')
  await expect(await chat.ended()).toContainText(/red circle/i)

  await page.reload()
  const picture = chat.questions.first().getByRole('img')
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(512)
})

test('a page is drawn anew when its detail changes', async ({ chat, data, shell }) => {
  const letter = '/MediaBox [0 0 612 792]'
  await chat.drop(file('letter.pdf', pdf([{ content: words('Dear Sir'), entries: letter }])))
  const tile = chat.tray.first()
  await expect(tile).toHaveAttribute('title', /letter\.pdf, page 1 · 879 × 1137/)
  await tile.getByRole('button', { name: /^Detail of picture 1/ }).click()
  await chat.page.getByRole('menuitem', { name: /^High/ }).click()
  await expect(tile).toHaveAttribute('title', /page 1 · 1575 × 2038/)
  // what changed last is saved as the page goes away, over a port only where the stand-in is not between
  if (shell === 'electron') {
    const address = (await tile.locator('img').first().getAttribute('src')) ?? ''
    await expect.poll(() => savedDraft(join(data, 'data'))).toContain(/[0-9a-f]{64}/.exec(address)?.[0] ?? address)
  }
  await chat.page.reload()
  await expect(tile).toHaveAttribute('title', /page 1 · 1575 × 2038/)
})

test('five hundred pages are there at once, of which only those in sight are drawn; keys and ranges choose', async ({
  chat,
}) => {
  const { page } = chat
  await chat.drop(
    file(
      'book.pdf',
      pdf(Array.from({ length: 500 }, (_, i) => ({ content: i === 499 ? filled(1, 0, 0) : words(`${i + 1}`) }))),
    ),
  )
  const dialog = picker(page, 'book.pdf')
  const list = page.getByRole('listbox', { name: 'Pages' })
  await expect(dialog).toContainText('500 pages')
  await expect(pageOf(page, 1)).toBeVisible()
  expect(await list.getByRole('option').count()).toBeLessThan(40)
  await list.focus()
  await list.press('End')
  await expect(pageOf(page, 500)).toBeVisible()
  await expect.poll(() => drawn(page)).toBeGreaterThan(0)
  await list.press('Space')
  await list.press('Shift+ArrowLeft')
  await list.press('Shift+ArrowLeft')
  await expect(dialog.getByRole('textbox')).toHaveValue('498-500')
  await dialog.getByRole('button', { name: 'All' }).click()
  await expect(dialog.getByRole('button', { name: /^Add/ })).toBeDisabled()
  await expect(dialog).toContainText(/A question takes .* more pictures/)
  await dialog.getByRole('textbox').fill('3, 1')
  await dialog.getByRole('textbox').press('Enter')
  await expect(chat.tray).toHaveCount(2)
  await expect(chat.tray.first()).toHaveAttribute('aria-label', /book\.pdf, page 1/)
})

test('a password is asked for; what does not open or cannot be drawn is said', async ({ chat }) => {
  const { page } = chat
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await chat.drop(file('secret.pdf', pdf([{ content: redCircle, entries: square }], { password: 'sesame' })))
  const dialog = picker(page, 'secret.pdf')
  const password = dialog.getByLabel('Password')
  await password.fill('open')
  await password.press('Enter')
  await expect(dialog.getByRole('alert')).toContainText('This password does not open secret.pdf')
  expect.soft(await seriousProblems(page)).toEqual([])
  await password.fill('sesame')
  await dialog.getByRole('button', { name: 'Open' }).click()
  await expect(chat.tray).toHaveCount(1)
  await expect(dialog).toHaveCount(0)

  await chat.drop(file('broken.pdf', Buffer.from('%PDF-1.7\nnothing')))
  await expect(chat.refusals.filter({ hasText: 'broken.pdf is damaged or incomplete' })).toHaveCount(1)
  await chat.paste(file('notice.pdf', pdf([{ content: chineseWords }])))
  await expect(
    chat.refusals.filter({ hasText: 'Page 1 of notice.pdf has text that cannot be drawn here' }),
  ).toHaveCount(1)
  await expect(chat.tray).toHaveCount(1)
})
