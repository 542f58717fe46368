import { join } from 'node:path'
import { expect, test } from '../support/fixtures.ts'
import { savedDraft } from '../support/savedDraft.ts'

test('pictures are numbered through the conversation, in the composer, the questions and the viewer', async ({
  chat,
}) => {
  const { page } = chat
  await chat.drop('red-circle.png')
  await chat.ask('What is in the picture?')
  await chat.ended()
  await expect(chat.questions.first().getByRole('button', { name: 'Open picture: red-circle.png' })).toBeVisible()
  await chat.drop('green-star.png', 'blue-square.png')
  await expect(chat.tray.first()).toHaveAccessibleName(/^Picture 2, 1 of 2: green-star.png/)
  await expect(chat.tray.last()).toHaveAccessibleName(/^Picture 3, 2 of 2: blue-square.png/)
  await chat.ask('What is in each picture?')
  await chat.ended()
  await expect(chat.questions.first().getByRole('button', { name: 'Open picture 1: red-circle.png' })).toBeVisible()
  await chat.questions.last().getByRole('button', { name: 'Open picture 3: blue-square.png' }).click()
  await expect(page.getByRole('dialog', { name: 'Picture 3 · blue-square.png' })).toBeVisible()
})

test('pictures stand among the words where the caret is, move by keys, and are kept and sent in that order', async ({
  chat,
  data,
  shell,
}) => {
  const { page } = chat
  const wordsBefore = (number: number) => page.getByRole('textbox', { name: `Words before Picture ${number}` })
  await chat.question.fill('Compare with')
  await chat.question.press('Home')
  for (let n = 0; n < 'Compare '.length; n++) await chat.question.press('ArrowRight')
  await chat.paste('red-circle.png')
  await expect(wordsBefore(1)).toHaveValue('Compare ')
  await expect(chat.question).toHaveValue('with')
  await chat.question.press('End')
  await chat.question.pressSequentially(' ')
  await chat.paste('green-star.png')
  await expect(wordsBefore(2)).toHaveValue('with ')
  await chat.question.fill('and say more')
  // Backspace goes to the picture before the words, Alt and an arrow take it on by a word
  await chat.question.press('Home')
  await page.keyboard.press('Backspace')
  await expect(page.getByRole('listitem', { name: /^Picture 2/ })).toBeFocused()
  await page.keyboard.press('Alt+ArrowRight')
  await expect(wordsBefore(2)).toHaveValue('with and')
  await page.keyboard.press('Alt+ArrowLeft')
  await expect(wordsBefore(2)).toHaveValue('with ')
  await expect(chat.question).toHaveValue('and say more')
  await expect(chat.button('Send')).toBeEnabled()
  // what is taken out comes back, and goes again
  await page.keyboard.press('Delete')
  await expect(chat.question).toHaveValue('with and say more')
  await page.keyboard.press('ControlOrMeta+z')
  await expect(wordsBefore(2)).toHaveValue('with ')
  await page.keyboard.press('ControlOrMeta+Shift+z')
  await expect(chat.question).toHaveValue('with and say more')
  await page.keyboard.press('ControlOrMeta+z')
  await expect(wordsBefore(2)).toHaveValue('with ')
  // the browser shell saves it as the page goes away
  if (shell === 'electron') await expect.poll(() => savedDraft(join(data, 'data'))).toContain('and say more')
  await page.reload()
  await expect(wordsBefore(1)).toHaveValue('Compare ')
  await expect(wordsBefore(2)).toHaveValue('with ')
  await expect(chat.button('Send')).toBeEnabled()
  await chat.button('Send').click()
  await chat.ended()
  const order = chat.questions.first().locator('[data-said], [data-file]')
  await expect(order).toHaveCount(5)
  expect(
    await order.evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset['file'] ?? one.textContent)),
  ).toEqual(['Compare ', 'red-circle.png', 'with ', 'green-star.png', 'and say more'])
})
