import type { Page } from '@playwright/test'
import { ChatPage } from '../pages/chat.ts'
import { Sidebar } from '../pages/sidebar.ts'
import { seriousProblems } from '../support/axe.ts'
import { answered, expect, test } from '../support/seeded.ts'

const filler = 'Reeds, water and a grey sky. '.repeat(12)

test.use({
  seed: {
    store(conversations) {
      const first = answered(conversations, 'What stands by the lake?', 'A grey heron, with its neck drawn in.')
      const again = conversations.answerAgain(first.userMessageId, { model: 'Demo model' })
      conversations.append(again.answerId, 'A stork, I think.')
      conversations.finish(again.answerId, { status: 'complete' })
      const into = first.conversationId
      for (let n = 0; n < 12; n++)
        answered(
          conversations,
          `Question ${n}`,
          n === 5 ? `${filler}\n\nTwo **her**ons fly off. ${filler}` : filler,
          into,
        )
      answered(conversations, 'Anything else?', 'No heron any more.', into)
      answered(conversations, 'How tall is a heron?', 'About a metre.')
      answered(conversations, 'What is a stork?', 'A bird.')
    },
  },
})

/** What the window marks in the text. */
const marked = (page: Page): Promise<string[]> =>
  page.evaluate(() => [...(CSS.highlights.get('found') ?? [])].map((range) => String(range)))

test('a hit opens its message on whichever branch, marked, and the others are stepped through', async ({ chat }) => {
  const { page } = chat
  const sidebar = new Sidebar(page)
  await page.keyboard.press('Control+Shift+F')
  await page.keyboard.type('heron')
  await expect(sidebar.results.getByRole('listitem')).not.toHaveCount(0)
  const lake = sidebar.results.getByRole('list', { name: 'More in What stands by the lake?' })
  await expect(sidebar.results.getByRole('button')).toHaveText([
    /How tall is a heron\?/,
    /What stands by the lake\?.*No heron any more/s,
    /A grey heron/,
  ])
  await expect(lake.getByRole('button')).toHaveText([/A grey heron/])
  expect(await seriousProblems(page)).toEqual([])

  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  const found = chat.answers.filter({ hasText: 'A grey heron' })
  await expect(found).toBeInViewport()
  await expect(page.getByTestId('hit-place')).toHaveText('1 of 2')
  await expect.poll(() => marked(page)).toEqual(['heron'])
  await expect(page.getByRole('group', { name: 'Version 1 of 2' })).toBeVisible()
  await expect(chat.answers).toHaveCount(1)
  await expect(page.getByTestId('announcement')).toContainText('Hit 1 of 2, in answer: A grey heron')
  expect(await seriousProblems(page)).toEqual([])

  await page.keyboard.press('F3')
  await expect(chat.answers.filter({ hasText: 'No heron any more' })).toBeInViewport()
  await expect(page.getByTestId('hit-place')).toHaveText('2 of 2')
  await expect.poll(() => marked(page)).toEqual(['heron'])
  await page.keyboard.press('Shift+F3')
  await expect(found).toBeInViewport()
  await page.keyboard.press('Escape')
  await expect(page.getByTestId('hit-place')).toHaveCount(0)
  expect(await marked(page)).toEqual([])
})

test('a hit in the middle of a long answer is brought into view, and the next question after it', async ({ chat }) => {
  const { page } = chat
  const sidebar = new Sidebar(page)
  await sidebar.search.fill('fly')
  await sidebar.results.getByRole('button').click()
  await expect.poll(() => marked(page)).toEqual(['fly'])
  const place = () =>
    page.evaluate(() => {
      const [range] = [...(CSS.highlights.get('found') ?? [])] as Range[]
      const top = range?.getBoundingClientRect().top ?? 0
      return top / window.innerHeight
    })
  await expect.poll(place).toBeGreaterThan(0.2)
  await expect.poll(place).toBeLessThan(0.8)
  await expect(page.getByRole('button', { name: 'Jump to latest' })).toBeVisible()
  // what is asked next is in view again
  await chat.ask('And now?')
  await chat.ended()
  await expect(chat.questions.last()).toBeInViewport()
  await expect(page.getByTestId('hit-place')).toHaveCount(0)
})

test('names of files are found, and a filter narrows what is found, by keyboard alone', async ({ chat }) => {
  const { page } = chat
  const sidebar = new Sidebar(page)
  await chat.drop('red-circle.png')
  await expect(chat.tray).toHaveCount(1)
  await chat.ask('What is it?')
  await chat.ended()
  await page.keyboard.press('Control+n')
  await sidebar.search.fill('red-circle')
  await sidebar.results.getByRole('button').click()
  await expect(page.locator('button[data-found]')).toHaveAccessibleName('Open picture: red-circle.png')

  await sidebar.search.fill('')
  await sidebar.search.focus()
  await page.keyboard.press('Tab')
  await expect(sidebar.nav.getByRole('button', { name: 'Filter the search' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('menuitemcheckbox', { name: 'Has a picture' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('menuitemradio', { name: 'Demo model' })).toBeVisible()
  expect(await seriousProblems(page)).toEqual([])
  await page.keyboard.press('Escape')
  await expect(sidebar.nav.getByRole('button', { name: 'Filter the search: Has a picture' })).toBeFocused()
  await expect(sidebar.results.getByRole('button')).toHaveText(['What is it?'])
  await sidebar.search.fill('heron')
  await expect(sidebar.nav.getByText('No conversation mentions “heron” and is like that.')).toBeVisible()
  expect(await seriousProblems(page)).toEqual([])
  await sidebar.nav.getByRole('button', { name: 'Clear the filter' }).click()
  await expect(sidebar.results.getByRole('button')).toHaveCount(3)
})

test('in a narrow window a hit is seen once it is chosen, and the search is still there afterwards', async ({
  chat,
}) => {
  const { page } = chat
  await page.setViewportSize({ width: 420, height: 800 })
  await page.getByRole('button', { name: 'Show the sidebar' }).click()
  const sidebar = new Sidebar(page)
  await sidebar.search.fill('grey heron')
  await sidebar.results.getByRole('button').click()
  await expect(sidebar.nav).toHaveCount(0)
  await expect(new ChatPage(() => page).answers.filter({ hasText: 'A grey heron' })).toBeInViewport()
  await expect(chat.question).toBeFocused()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(420)
  expect(await seriousProblems(page)).toEqual([])
  await page.getByRole('button', { name: 'Show the sidebar' }).click()
  await expect(sidebar.search).toHaveValue('grey heron')
})
