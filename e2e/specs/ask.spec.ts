import { addModel } from '../pages/models.ts'
import { expect, test } from '../support/fixtures.ts'
import { patientModel, untilStopped } from '../support/patientModel.ts'
import { recordShownText } from '../support/shownText.ts'

test.use({ chosen: untilStopped })

test('a dropped picture is answered, the next answer grows until Stop, and all of it is there after a reload', async ({
  chat,
}) => {
  await chat.drop('red-circle.png')
  await expect(chat.tray).toHaveCount(1)
  await chat.ask('What is in the picture?')
  await expect(await chat.ended()).toContainText(/red circle/i)
  const first = await chat.answers.first().getByTestId('answer-text').innerText()

  await addModel(chat.page, patientModel())
  const shown = await recordShownText(chat.page)
  await chat.ask('What colour is it?')
  await expect(chat.stop).toBeVisible()
  await shown.grown(8)
  await chat.stop.click()
  const stopped = await chat.ended()
  await expect(stopped).toHaveAttribute('data-status', 'stopped')
  await expect(stopped).toContainText('Stopped')
  const lengths = shown.texts.filter((text) => text !== first).map(({ length }) => length)
  expect(lengths).toEqual([...lengths].sort((a, b) => a - b))
  const second = await stopped.getByTestId('answer-text').innerText()
  expect(second.length).toBeGreaterThanOrEqual(shown.longest().trimEnd().length)

  await chat.page.reload()
  await expect(chat.answers).toHaveCount(2)
  await expect(chat.answers.first().getByTestId('answer-text')).toHaveText(first)
  await expect(chat.answers.last().getByTestId('answer-text')).toHaveText(second)
  await expect(chat.answers.last()).toHaveAttribute('data-status', 'stopped')
  await expect(chat.questions.first()).toContainText('What is in the picture?')
  const picture = chat.questions.first().getByRole('img')
  await expect(picture).toBeVisible()
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0)
})

test('two pictures of the same size are named in their order', async ({ chat }) => {
  await chat.drop('green-star.png', 'blue-square.png')
  await expect(chat.tray).toHaveCount(2)
  await chat.ask('What is in each picture?')
  await expect(await chat.ended()).toContainText(/green star[^]*blue square/i)
})

test('a picture costs what its own detail says, and is asked with it', async ({ chat }) => {
  await chat.drop('red-circle.png')
  const detail = chat.tray.first().getByRole('button', { name: /^Detail of picture 1/ })
  await expect(detail).toHaveText('16 tokens')
  await detail.click()
  await chat.page.getByRole('menuitem', { name: /^Full/ }).click()
  await expect(detail).toHaveText('256 tokens · Full')
  await detail.click()
  await chat.page.getByRole('menuitem', { name: 'As in the settings' }).click()
  await expect(detail).toHaveText('16 tokens')
  await chat.ask('What is in the picture?')
  await expect(await chat.ended()).toContainText(/red circle/i)
})

test('pictures are reordered and removed before sending', async ({ chat }) => {
  await chat.drop('green-star.png', 'blue-square.png', 'orange-heart.png')
  await expect(chat.tray).toHaveCount(3)
  await chat.button('Move picture 1 later').click()
  await expect(chat.tray.first()).toHaveAccessibleName(/blue-square/)
  await chat.button('Remove picture 3').click()
  await expect(chat.tray).toHaveCount(2)
  await chat.ask('What is in each picture?')
  const answer = await chat.ended()
  await expect(answer).toContainText(/blue square[^]*green star/i)
  await expect(answer).not.toContainText(/heart/i)
  await expect(chat.questions.first().getByRole('img')).toHaveCount(2)
})

test('a pasted and a picked picture join the question', async ({ chat }) => {
  await chat.paste('yellow-triangle.png')
  await expect(chat.tray).toHaveCount(1)
  await chat.pick('red-circle.png')
  await expect(chat.tray).toHaveCount(2)
  await expect(chat.tray.last()).toHaveAccessibleName(/red-circle/)
  await chat.ask('What is in each picture?')
  await expect(await chat.ended()).toContainText(/yellow triangle[^]*red circle/i)
})

test('a question without a picture is answered', async ({ chat }) => {
  await chat.ask('Hello')
  await expect((await chat.ended()).getByTestId('answer-text')).not.toBeEmpty()
})
