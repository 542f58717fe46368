import { Sidebar } from '../pages/sidebar.ts'
import { seriousProblems } from '../support/axe.ts'
import { answered, expect, test } from '../support/seeded.ts'

const names = ['Red', 'Green', 'Blue', 'Pink', 'Grey']
test.use({
  seed: {
    store(conversations) {
      for (const name of [...names].reverse()) answered(conversations, name, `All about ${name}.`)
    },
  },
})

test('a deleted conversation is undone, or restored from the trash, or deleted for good', async ({ chat }) => {
  const { page } = chat
  const sidebar = new Sidebar(page)
  await sidebar.row('Red').click()
  await expect(chat.answers).toHaveText([/All about Red/])
  await sidebar.row('Red').press('Delete')
  await expect(sidebar.rows('Today')).toHaveText(['Green', 'Blue', 'Pink', 'Grey'])
  await expect(chat.answers).toHaveCount(0)
  await expect(sidebar.row('Green')).toBeFocused()
  await expect(page.getByTestId('announcement')).toContainText('Deleted “Red”')
  await page.keyboard.press('Control+z')
  await expect(sidebar.rows('Today')).toHaveText(names)

  await sidebar.choose('Blue', 'Delete')
  await expect(sidebar.rows('Today')).toHaveCount(4)
  expect(await seriousProblems(page)).toEqual([])
  await sidebar.menu(/^Trash/)
  await expect(sidebar.row('Blue')).toBeVisible()
  await expect(sidebar.nav.getByText('30 days left')).toBeVisible()
  expect(await seriousProblems(page)).toEqual([])
  await sidebar.row('Blue').click()
  await expect(chat.answers).toHaveText([/All about Blue/])
  await expect(chat.question).toHaveCount(0)
  await page.getByRole('region', { name: 'In the trash' }).getByRole('button', { name: 'Restore' }).click()
  await expect(chat.question).toBeEditable()
  await expect(sidebar.nav.getByText('The trash is empty. What you delete stays here for 30 days.')).toBeVisible()
  await sidebar.nav.getByRole('button', { name: 'Back to the list' }).click()
  await expect(sidebar.rows('Today')).toHaveCount(5)

  await sidebar.choose('Blue', 'Delete')
  await page.reload()
  await sidebar.menu(/^Trash/)
  await sidebar.nav.getByRole('button', { name: 'Empty the trash' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete for good' }).click()
  await expect(sidebar.nav.getByText(/The trash is empty/)).toBeVisible()
  await expect(page.getByRole('alertdialog')).toHaveCount(0)
  await page.keyboard.press('Escape')
  await expect(sidebar.rows('Today')).toHaveText(['Red', 'Green', 'Pink', 'Grey'])
})

test('many are selected with the pointer or by keyboard alone, and deleted or archived together', async ({ chat }) => {
  const { page } = chat
  const sidebar = new Sidebar(page)
  const bar = sidebar.nav.getByRole('toolbar', { name: 'Selected conversations' })
  await sidebar.row('Green').click({ modifiers: ['ControlOrMeta'] })
  await sidebar.nav.getByRole('checkbox', { name: 'Pink' }).click({ modifiers: ['Shift'] })
  await expect(bar.getByRole('status')).toHaveText('3 selected')
  expect(await seriousProblems(page)).toEqual([])
  await bar.getByRole('button', { name: 'Delete' }).click()
  await expect(sidebar.rows('Today')).toHaveText(['Red', 'Grey'])
  await expect(bar).toHaveCount(0)
  await sidebar.nav.getByRole('button', { name: 'Undo' }).click()
  await expect(sidebar.rows('Today')).toHaveText(names)

  await sidebar.search.focus()
  await page.keyboard.press('ArrowDown')
  await expect(sidebar.row('Red')).toBeFocused()
  await page.keyboard.press('Shift+ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Space')
  await expect(bar.getByRole('status')).toHaveText('3 selected')
  await bar.getByRole('button', { name: 'Archive' }).press('Enter')
  await expect(sidebar.rows('Today')).toHaveText(['Blue', 'Grey'])
  await sidebar.menu('Select conversations')
  await expect(sidebar.nav.getByRole('button', { name: 'Conversation list' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(bar).toHaveCount(0)
  await expect(sidebar.row('Blue')).toBeVisible()
})

test('what is pinned stands on top, and what is archived is out of the list until it is wanted', async ({ chat }) => {
  const { page } = chat
  const sidebar = new Sidebar(page)
  await sidebar.choose('Pink', 'Pin')
  await expect(sidebar.rows('Pinned')).toHaveText(['Pink'])
  await expect(sidebar.rows('Today')).toHaveText(['Red', 'Green', 'Blue', 'Grey'])
  await expect(sidebar.row('Pink')).toBeFocused()
  await sidebar.choose('Red', 'Archive')
  await expect(sidebar.rows('Today')).toHaveText(['Green', 'Blue', 'Grey'])
  expect(await seriousProblems(page)).toEqual([])
  await page.reload()
  await expect(sidebar.rows('Pinned')).toHaveText(['Pink'])
  await sidebar.search.fill('about red')
  await expect(sidebar.results.getByRole('button')).toHaveText([/Red.*Archived.*All about Red/s])
  await sidebar.menu(/^Archive/)
  await expect(sidebar.search).toHaveValue('')
  await expect(sidebar.rows('Today')).toHaveText(['Red'])
  expect(await seriousProblems(page)).toEqual([])
  await sidebar.choose('Red', 'Move to the list')
  await expect(sidebar.nav.getByText(/Nothing is archived/)).toBeVisible()
  await sidebar.nav.getByRole('button', { name: 'Back to the list' }).click()
  await sidebar.choose('Pink', 'Unpin')
  await expect(sidebar.rows('Today')).toHaveText(names)
})

test('in a narrow window the trash, the way back and many at once are there too', async ({ chat }) => {
  const { page } = chat
  await page.setViewportSize({ width: 420, height: 700 })
  await page.getByRole('button', { name: 'Show the sidebar' }).click()
  const sidebar = new Sidebar(page)
  await sidebar.menu('Select conversations')
  await sidebar.nav.getByRole('button', { name: 'All', exact: true }).click()
  await sidebar.nav.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click()
  await expect(sidebar.nav.getByText('The list is empty.')).toBeVisible()
  expect(await seriousProblems(page)).toEqual([])
  await sidebar.nav.getByRole('button', { name: 'Undo' }).click()
  await expect(sidebar.rows('Today')).toHaveText(names)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(420)
})
