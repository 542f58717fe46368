import type { Locator, Page } from '@playwright/test'
import type { Conversations } from '../../main/services/conversations/index.ts'
import { addModel } from '../pages/models.ts'
import { Sidebar } from '../pages/sidebar.ts'
import { seriousProblems } from '../support/axe.ts'
import { patientModel, untilStopped } from '../support/patientModel.ts'
import { answered, expect, test } from '../support/seeded.ts'
import { recordShownText } from '../support/shownText.ts'

const TURNS = 1000
const FEW_TURNS = 24
const filler = 'Reeds, water and a grey sky. '

/** Stores a conversation of so many turns. */
const turns = (count: number) => ({
  seed: {
    store(conversations: Conversations) {
      let into: string | null = null
      for (let n = 0; n < count; n++) {
        const words = n === 500 ? 'A **bittern** hides here.' : filler.repeat((n * 7) % (count === TURNS ? 40 : 5))
        into = answered(conversations, `Question ${n}`, `## Answer ${n}\n\n${words}`, into).conversationId
      }
    },
  },
})
test.use(turns(TURNS))

const column = (page: Page): Locator => page.getByTestId('conversation-scroll')

/** Opens the long conversation, whose end is then shown. */
async function open(page: Page, count = TURNS): Promise<void> {
  await new Sidebar(page).row('Question 0').click()
  await expect(page.getByRole('heading', { name: `Answer ${count - 1}` })).toBeInViewport()
}

/** Where the message stands whose row has this place, once it has not moved for some frames. */
const restingTop = (page: Page, place: number): Promise<number | null> =>
  column(page).evaluate(async (scroller, place) => {
    const top = () => scroller.querySelector(`[aria-posinset="${place}"]`)?.getBoundingClientRect().top ?? null
    let [last, still] = [top(), 0]
    while (still < 6) {
      await new Promise((resolve) => requestAnimationFrame(resolve))
      const now = scroller.querySelector('[data-testid=not-loaded]') ? null : top()
      still = now !== null && now === last ? still + 1 : 0
      last = top()
      if (last === null) return null
    }
    return last
  }, place)

/** The place of the first message that begins within what is seen. */
const firstSeen = (page: Page): Promise<number> =>
  column(page).evaluate((scroller) => {
    const { top } = scroller.getBoundingClientRect()
    const rows = [...scroller.querySelectorAll('[aria-posinset]')]
    const seen = rows.find((row) => row.getBoundingClientRect().top >= top)
    return Number((seen ?? rows[0])?.getAttribute('aria-posinset'))
  })

test('a conversation of 2,000 messages opens at its end, and is scrolled to its beginning without a jump', async ({
  chat,
}) => {
  const { page } = chat
  await open(page)
  expect(await page.locator('[aria-posinset]').count()).toBeLessThan(60)
  expect(await page.locator('[aria-setsize]').first().getAttribute('aria-setsize')).toBe(String(2 * TURNS))
  await column(page).hover()
  for (let step = 0; step < 12; step++) {
    const place = await firstSeen(page)
    const before = (await restingTop(page, place))!
    await page.mouse.wheel(0, -400)
    await page.waitForFunction(
      ([place, before]) =>
        Math.abs((document.querySelector(`[aria-posinset="${place}"]`)?.getBoundingClientRect().top ?? 0) - before!) >
        300,
      [place, before] as const,
    )
    const after = (await restingTop(page, place))!
    expect(Math.abs(after - before - 400), `message ${place} moves as far as the wheel`).toBeLessThanOrEqual(2)
  }
  await column(page).press('Home')
  await expect(page.getByRole('heading', { name: 'Answer 0', exact: true })).toBeInViewport()
  await expect(page.locator('[aria-posinset="1"]')).toBeInViewport()
  expect(await seriousProblems(page)).toEqual([])
  await chat.button('Jump to latest').click()
  await expect(page.getByRole('heading', { name: `Answer ${TURNS - 1}` })).toBeInViewport()
})

test('a hit in the middle of 2,000 messages opens there and is marked', async ({ chat }) => {
  const { page } = chat
  const sidebar = new Sidebar(page)
  await open(page)
  await page.keyboard.press('Control+F')
  await page.keyboard.type('Question 39')
  await expect(page.getByTestId('hit-place')).toHaveText('20 of 20')
  await page.keyboard.press('Enter')
  await expect(chat.questions.filter({ hasText: /^Question 839$/ })).toBeInViewport()
  await page.keyboard.press('Escape')
  await sidebar.search.fill('bittern')
  await sidebar.results.getByRole('button').first().click()
  const hit = chat.answers.filter({ hasText: 'A bittern hides here.' })
  await expect(hit).toBeInViewport()
  await expect
    .poll(() => page.evaluate(() => [...(CSS.highlights.get('found') ?? [])].map(String)))
    .toEqual(['bittern'])
  const place = Number(await page.locator('[aria-posinset]').filter({ has: hit }).getAttribute('aria-posinset'))
  expect(place).toBe(1002)
  const before = (await restingTop(page, place))!
  await column(page).hover()
  await page.mouse.wheel(0, 200)
  await page.waitForFunction(
    ([place, before]) =>
      document.querySelector(`[aria-posinset="${place}"]`)!.getBoundingClientRect().top < before! - 150,
    [place, before] as const,
  )
  expect(Math.abs((await restingTop(page, place))! - before + 200)).toBeLessThanOrEqual(2)
})

test.describe('while an answer is written', () => {
  test.use({ ...turns(FEW_TURNS), chosen: untilStopped })

  test('an answer that is written at the end does not move what is read above it', async ({ chat }) => {
    const { page } = chat
    await addModel(page, patientModel())
    await open(page, FEW_TURNS)
    const shown = await recordShownText(page)
    await chat.ask('Go on')
    await shown.grown(2)
    await column(page).hover()
    await page.mouse.wheel(0, -500)
    await expect(chat.button('Jump to latest')).toBeVisible()
    const place = await firstSeen(page)
    const before = await restingTop(page, place)
    await shown.grown(4)
    expect(await restingTop(page, place)).toBe(before)
    await chat.stop.click()
  })
})
