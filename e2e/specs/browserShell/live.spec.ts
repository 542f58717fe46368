import type { JSHandle, Locator, Page } from '@playwright/test'
import { expect, test as base } from '../../support/fixtures.ts'

/** A camera of Chromium's own, on which something moves, given without a question. */
const test = base.extend({
  launchOptions: async ({ launchOptions }, use) =>
    use({
      ...launchOptions,
      args: [...(launchOptions.args ?? []), '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
    }),
})

const panel = (page: Page): Locator => page.getByTestId('live')
const changes = async (page: Page): Promise<number> =>
  Number(await page.getByTestId('live-moments').getAttribute('data-moments'))

async function watchCamera(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Watch live' }).click()
  await page.getByRole('menuitem', { name: 'Watch the camera' }).click()
  await expect(panel(page).getByText('Live', { exact: true })).toBeVisible()
}

async function ask(page: Page, question: string): Promise<void> {
  await panel(page).getByRole('textbox').fill(question)
  await panel(page).getByRole('textbox').press('Enter')
  await expect(panel(page).getByRole('textbox')).toHaveValue('')
}

test('the camera is watched only when asked to, and only what is asked about is stored', async ({ chat }) => {
  const { page } = chat
  const sent: string[] = []
  page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()))
  await expect(panel(page)).toBeHidden()
  await watchCamera(page)
  await panel(page).getByRole('combobox', { name: 'Look' }).selectOption('every 0.5 s')
  await expect.poll(() => changes(page)).toBeGreaterThan(2)
  expect(sent).toEqual([])

  await ask(page, 'What is in the picture?')
  await expect(chat.questions.first()).toContainText('What is in the picture?')
  await expect(await chat.ended(0)).toHaveAttribute('data-status', 'complete')
  expect(sent).toHaveLength(1)

  await panel(page).getByRole('radio', { name: 'Last 10 s' }).click()
  await ask(page, 'What happens?')
  await expect(chat.questions.nth(1)).toContainText('What happens?')
  await expect(await chat.ended(1)).toHaveAttribute('data-status', 'complete')
  expect(sent.length, 'several frames of the last seconds').toBeGreaterThanOrEqual(3)

  await panel(page).getByRole('button', { name: 'Stop watching' }).click()
  await expect(panel(page)).toBeHidden()
  await page.reload()
  await expect(chat.answers).toHaveCount(2)
  await expect(panel(page), 'off again').toBeHidden()
})

/** The camera's tracks as they are given to the page, so that a test can take them away. */
const givenTracks = (page: Page): Promise<JSHandle<MediaStreamTrack[]>> =>
  page.evaluateHandle(() => {
    const given: MediaStreamTrack[] = []
    const media = navigator.mediaDevices
    const open = media.getUserMedia.bind(media)
    media.getUserMedia = async (constraints) => {
      const stream = await open(constraints)
      given.push(...stream.getTracks())
      return stream
    }
    return given
  })

test('that it watches is seen on the models page too, and a camera that goes away ends it with a word', async ({
  chat,
}) => {
  const { page } = chat
  const tracks = await givenTracks(page)
  await watchCamera(page)
  await expect.poll(() => changes(page)).toBeGreaterThan(0)
  await page.evaluate(() => void (location.hash = '#/models'))
  await expect(page.getByRole('textbox', { name: 'Question', exact: true })).toBeHidden()
  await expect(panel(page)).toBeVisible()
  await tracks.evaluate((given) => given.forEach((track) => track.stop()))
  await expect(panel(page)).toBeHidden()
  await expect(page.getByRole('alert').filter({ hasText: 'no longer shown' })).toBeVisible()
})

test('a camera that goes away after it was looked at more often is noticed as well', async ({ chat }) => {
  const { page } = chat
  const tracks = await givenTracks(page)
  await watchCamera(page)
  await panel(page).getByRole('combobox', { name: 'Look' }).selectOption('every 0.5 s')
  await expect.poll(() => changes(page)).toBeGreaterThan(1)
  await tracks.evaluate((given) => given.forEach((track) => track.stop()))
  await expect(panel(page)).toBeHidden()
  await expect(page.getByRole('alert').filter({ hasText: 'no longer shown' })).toBeVisible()
})
