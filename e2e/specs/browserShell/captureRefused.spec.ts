import { CapturePage } from '../../pages/capture.ts'
import { expect, test as base } from '../../support/fixtures.ts'

/** The browser agrees by itself, but headless it has no screen to show. */
const test = base.extend({
  launchOptions: async ({ launchOptions }, use) =>
    use({ ...launchOptions, args: [...(launchOptions.args ?? []), '--use-fake-ui-for-media-stream'] }),
})

test('where there is no picture of the screen, the window says so and goes on', async ({ chat }) => {
  const capture = new CapturePage(chat.page)
  await capture.choose('Capture the screen')
  const problem = chat.page.getByRole('dialog', { name: 'The screen was not captured' })
  await expect(problem).toContainText('could not be captured')
  await chat.page.keyboard.press('Escape')
  await expect(problem).toBeHidden()
  await expect(chat.question).toBeEditable()
})
