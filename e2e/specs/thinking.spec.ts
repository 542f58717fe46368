import { ALWAYS, END, SWITCHED, scriptedModel } from '../../main/testing/scriptedModel.ts'
import type { Script } from '../../main/testing/scriptedModel.ts'
import { addModel } from '../pages/models.ts'
import { expect, test } from '../support/fixtures.ts'

const special = ['<think>', '</think>']
const ANSWER = ['\n\n', 'It', ' is', ' red', '.', END]
const says = [['\n', 'Let', ' me', ' see', '!', '</think>', '\n\n'], ANSWER]
/** A thought that ends with the context alone. */
const endless = [['\n', 'Hm', ' so', 'Hm'], ANSWER]

/** Writes a scripted model for `addModel`. */
function modelFiles(
  folder: string,
  name: string,
  script: Omit<Script, 'special'>,
): { text: string; projector: string } {
  const { textPath, projectorPath } = scriptedModel(folder, name, { ...script, special })
  return { text: textPath, projector: projectorPath! }
}

test('a model thinks when it is switched on; its thought is folded, unfolds by key, and is no part of the answer', async ({
  chat,
  data,
}) => {
  const { page } = chat
  await addModel(page, modelFiles(data, 'Switched', { says, template: SWITCHED }))
  await chat.ask('What is it?')
  const plain = await chat.ended()
  await expect(plain.getByTestId('answer-text')).toHaveText('It is red.')
  await expect(plain.getByRole('button', { name: /^Thought/ })).toHaveCount(0)

  const toggle = page.getByRole('button', { name: 'Think before answering' })
  await expect(toggle).toHaveAttribute('aria-pressed', 'false')
  await toggle.click()
  await expect(toggle).toHaveAttribute('aria-pressed', 'true')
  await chat.ask('And now?')
  const answer = await chat.ended(1)
  const fold = answer.getByRole('button', { name: /^Thought for/ })
  await expect(fold).toHaveAttribute('aria-expanded', 'false')
  await expect(answer.getByTestId('answer-text')).toHaveText('It is red.')
  await fold.focus()
  await page.keyboard.press('Enter')
  await expect(answer.getByTestId('thought')).toHaveText('Let me see!')
  await page.keyboard.press('Enter')
  await expect(answer.getByTestId('thought')).toHaveCount(0)

  await page.reload()
  await expect(chat.answers.nth(1).getByRole('button', { name: /^Thought for/ })).toBeVisible()
  await expect(toggle).toHaveAttribute('aria-pressed', 'true')
})

test('a model that always thinks says so; stopped in its thought, that stays, and the next question goes without it', async ({
  chat,
  data,
}) => {
  const { page } = chat
  await addModel(page, modelFiles(data, 'Endless', { says: endless, template: ALWAYS, context: 16_384 }))
  await chat.ask('What is it?')
  const answer = chat.answers.last()
  const thinking = answer.getByRole('button', { name: 'Thinking…' })
  await thinking.click()
  await expect(answer.getByTestId('thought')).toContainText('Hm soHm soHm so')
  await expect(page.getByText('Always thinks')).toBeVisible()
  await chat.stop.click()
  await expect(answer).toHaveAttribute('data-status', 'stopped')
  await expect(answer.getByRole('button', { name: /^Thought for/ })).toBeVisible()
  const kept = (await answer.getByTestId('thought').innerText()).length
  expect(kept).toBeGreaterThan(15)

  await chat.ask('And now?')
  const next = chat.answers.nth(1)
  await expect(next.getByRole('button', { name: 'Thinking…' })).toBeVisible()
  await chat.stop.click()
  await expect(next).toHaveAttribute('data-status', 'stopped')
  await next.getByRole('button', { name: 'Answer details' }).click()
  // two questions and what the template writes around them, whatever was thought between
  const prompt = page.locator('dt', { hasText: 'Prompt tokens' }).locator('xpath=following-sibling::dd')
  expect(Number(await prompt.first().innerText())).toBeLessThan(60)
})
