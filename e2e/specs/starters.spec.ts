import { expect, test } from '../support/fixtures.ts'

const starters = [
  ['What is in the picture?', /red circle/i],
  ['What is in each picture?', /blue square.*green star/is],
  ['What happens in the video?', /red circle turns blue at\s*0:02/i],
  ['How many objects are there?', /4 objects/i],
  ['Mark the blue star.', /the blue star/i],
  ['What does it say?', /It says .HELLO/],
] as const

for (const [question, answer] of starters) {
  test(`the empty chat offers "${question}", which one click asks and the demo model answers`, async ({ chat }) => {
    await chat.ready()
    const starter = chat.page.getByRole('list', { name: 'Suggestions' }).getByRole('button', { name: question })
    const video = starter.locator('video')
    if (await video.count())
      await expect
        .poll(() => video.evaluate((element: HTMLVideoElement) => element.readyState))
        .toBeGreaterThanOrEqual(2)
    await starter.click()
    await expect(chat.answers).toHaveCount(1, { timeout: 60_000 })
    const given = await chat.ended()
    await expect(given).toContainText(answer)
    if (question.startsWith('Mark'))
      await expect(given.getByRole('figure', { name: /one place marked/ }).locator('[data-mark="0"]')).toBeVisible()
  })
}
