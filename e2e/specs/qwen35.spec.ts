import { join } from 'node:path'
import { addModel } from '../pages/models.ts'
import { video, VideoPage } from '../pages/video.ts'
import { root } from '../support/electronProgram.ts'
import { choose, expect, test } from '../support/fixtures.ts'

/** A hybrid model of the true form with random weights: what it says means nothing, that it says it is what is tested. */
const goldens = join(root, 'main/testing/goldens/qwen35')
const files = { text: join(goldens, 'model-f32.gguf'), projector: join(goldens, 'mmproj-f32.gguf') }

test.beforeEach(({ data }) => choose(data, { maxTokens: 8 }))

test('a Qwen3.5 model is added by its path and answers about a picture and a video, each read once', async ({
  chat,
}) => {
  await addModel(chat.page, files)
  await chat.drop('red-circle.png')
  await chat.ask('What is in the picture?')
  await chat.ended()
  const videos = new VideoPage(chat.page)
  await chat.drop(video('right-then-down.mp4'))
  await chat.ask('What happens?')
  await chat.ended(1)
  await expect(videos.seen.first()).toBeVisible()
  await chat.ask('And before that?')
  const third = await chat.ended(2)
  await third.getByRole('button', { name: 'Answer details' }).click()
  const details = chat.page.getByRole('dialog', { name: 'Answer details' })
  const figure = async (label: string): Promise<number> => {
    const value = details.locator('dt', { hasText: label }).locator('xpath=following-sibling::dd')
    return Number((await value.innerText()).replaceAll(/\D/g, ''))
  }
  // the picture and the video of the questions before are not read again
  expect(await figure('remembered')).toBeGreaterThan(await figure('in pictures'))
})
