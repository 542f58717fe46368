import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect, head, test, tiny } from '../support/sourceFixtures.ts'

test.use({ firstRunDone: false })

const welcome = (page: Page) => page.getByRole('main', { name: 'First start' })

test('from an empty data folder to an answer of a downloaded model, with nothing but the keyboard', async ({
  app,
  chat,
}) => {
  const { page } = app
  await expect(page.getByRole('heading', { name: 'Ask about what you see' })).toBeVisible()
  await expect(welcome(page)).toContainText('stay on this computer')
  await page.keyboard.press('Enter')
  await expect(welcome(page)).toContainText(`${tiny.name}`)
  await expect(welcome(page)).toContainText(/7\.4 MB to download/)
  await expect(welcome(page)).toContainText(/reads a picture in about \d+ s/)
  await page.getByRole('button', { name: 'Download and use' }).press('Enter')
  await chat.ready()
  await expect(page.getByTestId('model-chip')).toContainText(tiny.name)
  await page.getByRole('button', { name: 'What is in the picture?' }).press('Enter')
  await expect(await chat.ended()).toContainText(/red circle/i)

  await app.kill()
  await app.restart()
  await chat.ready()
  await expect(welcome(chat.page)).toBeHidden()
  await expect(chat.page.getByTestId('model-chip')).toContainText(tiny.name)
})

test('the demo model answers while the download goes on in the background', async ({ app, chat, source }) => {
  source.server.script(tiny.repository, tiny.q4, [head, { kind: 'stall', afterBytes: 400_000 }])
  source.server.script(tiny.repository, tiny.q8, [head, { kind: 'stall', afterBytes: 400_000 }])
  const { page } = app
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Download and use' }).click()
  await chat.ready()
  await expect(page.getByTestId('downloads-note')).toContainText(tiny.name)
  await page.getByRole('button', { name: 'What is in the picture?' }).click()
  await expect(await chat.ended()).toContainText(/red circle/i)
  await expect(page.getByTestId('model-chip')).toContainText('Demo model')
})

test('one click skips it, for good', async ({ app, chat }) => {
  await app.page.getByRole('button', { name: 'Skip' }).click()
  await chat.ready()
  await app.quit()
  await app.restart()
  await chat.ready()
  await expect(welcome(chat.page)).toBeHidden()
})

test.describe('without a connection', () => {
  test.use({
    chosen: async ({ source }, use) => {
      await source.server.close()
      await use({ sources: { order: ['mirror'], mirrorUrl: source.server.address } })
    },
  })

  test('it says so calmly, and the demo model is there', async ({ app, chat }) => {
    const { page } = app
    await page.getByRole('button', { name: 'Continue' }).click()
    await expect(welcome(page)).toContainText('The list of models cannot be reached')
    await expect(page.getByRole('alert')).toHaveCount(0)
    await page.getByRole('button', { name: 'Start with the demo model' }).click()
    await chat.ready()
    await chat.ask('Hello')
    await expect((await chat.ended()).getByTestId('answer-text')).not.toBeEmpty()
  })
})

for (const theme of ['light', 'dark'] as const) {
  test(`its steps have no serious accessibility problems, and fit a narrow window (${theme})`, async ({ app }) => {
    const { page } = app
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: theme })
    await page.setViewportSize({ width: 360, height: 640 })
    const problems = async () => {
      const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
      return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id }) => id)
    }
    await expect(welcome(page)).toBeVisible()
    expect.soft(await problems()).toEqual([])
    await page.getByRole('button', { name: 'Continue' }).click()
    await expect(page.getByRole('button', { name: 'Download and use' })).toBeVisible()
    expect.soft(await problems()).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
  })
}
