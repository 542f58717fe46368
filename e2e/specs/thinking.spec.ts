import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import type { Locator, Page } from '@playwright/test'
import { readGguf, string, withEntries, writeGguf } from '../../main/testing/ggufEdit.ts'
import { END, SWITCHED, scriptedModel } from '../../main/testing/scriptedModel.ts'
import { addModel } from '../pages/models.ts'
import { expect, test } from '../support/fixtures.ts'
import { patientModel, untilStopped } from '../support/patientModel.ts'
import type { ModelPaths } from '../support/patientModel.ts'

const folder = (): string => {
  const path = test.info().outputPath('models')
  mkdirSync(path, { recursive: true })
  return path
}

/** A model with a switch for thinking that thinks and answers at once. */
function quickThinker(): ModelPaths {
  const { textPath, projectorPath } = scriptedModel(folder(), 'Quick thinker', {
    says: [
      ['\n', 'Let', ' me', ' see', '!', '</think>', '\n\n'],
      ['\n\n', 'It', ' is', ' red', '.', END],
    ],
    template: SWITCHED,
    special: ['<think>', '</think>'],
  })
  return { text: textPath, projector: projectorPath! }
}

/** The same with a thought that takes as long as a test wants. */
function patientThinker(): ModelPaths {
  const patient = patientModel()
  const text = join(folder(), 'patient-thinker.gguf')
  const file = readGguf(readFileSync(patient.text))
  writeFileSync(text, writeGguf(withEntries(file, { 'tokenizer.chat_template': string(SWITCHED) })))
  return { text, projector: patient.projector }
}

const toggle = (page: Page): Locator => page.getByRole('button', { name: /^Think before answering/ })
const fold = (answer: Locator): Locator => answer.getByRole('button', { name: /^Th(ought|inking)/ })

/** A figure of an answer's details. */
async function figure(page: Page, answer: Locator, label: string): Promise<number> {
  await answer.getByRole('button', { name: 'Answer details' }).click()
  const details = page.getByRole('dialog', { name: 'Answer details' })
  const value = await details.locator('dt', { hasText: label }).locator('xpath=following-sibling::dd').innerText()
  await page.keyboard.press('Escape')
  await expect(details).toBeHidden()
  return Number(value.replaceAll(/\D/g, ''))
}

async function seriousProblems(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`))
}

test('a model with a switch answers at once until it is let think; its thought is folded, and not of the next prompt', async ({
  chat,
}) => {
  const { page } = chat
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await expect(toggle(page)).toHaveCount(0)
  await addModel(page, quickThinker())
  await chat.drop('red-circle.png')
  await chat.ask('What is in the picture?')
  const first = await chat.ended(0)
  await expect(first.getByTestId('answer-text')).toHaveText('It is red.')
  await expect(fold(first)).toHaveCount(0)

  await expect(toggle(page)).toHaveAttribute('aria-pressed', 'false')
  await toggle(page).focus()
  await page.keyboard.press('Space')
  await expect(toggle(page)).toHaveAttribute('aria-pressed', 'true')
  await chat.ask('Are you sure?')
  const second = await chat.ended(1)
  await expect(second.getByTestId('answer-text')).toHaveText('It is red.')
  await expect(fold(second)).toHaveText(/^Thought for /)
  await expect(second.getByTestId('thought')).toHaveCount(0)
  expect.soft(await seriousProblems(page), 'folded').toEqual([])
  await fold(second).focus()
  await page.keyboard.press('Enter')
  await expect(fold(second)).toHaveAttribute('aria-expanded', 'true')
  await expect(second.getByTestId('thought')).toHaveText('Let me see!')
  expect.soft(await seriousProblems(page), 'unfolded').toEqual([])

  // the switch stays with the conversation, also in a window that is loaded again
  await chat.ask('Quite sure?')
  const third = await chat.ended(2)
  await expect(fold(third)).toHaveText(/^Thought for /)
  // all of the second prompt but the "<think>" and the line end after it, which were no part of the answer
  expect(await figure(page, third, 'remembered')).toBe((await figure(page, second, 'Prompt tokens')) - 2)
  await page.reload()
  await chat.ready()
  await page
    .getByRole('navigation', { name: 'Conversations' })
    .getByRole('button', { name: /What is in the picture/ })
    .first()
    .click()
  await expect(toggle(page)).toHaveAttribute('aria-pressed', 'true')
  await expect(fold(chat.answers.nth(2))).toHaveText(/^Thought for /)
  await chat.answers.nth(2).getByRole('button', { name: 'Answer again' }).click()
  await expect(chat.answers.nth(2).getByRole('group', { name: 'Version 2 of 2' })).toBeVisible()
  await expect(fold(await chat.ended(2))).toHaveText(/^Thought for /)
})

test.describe('a long thought', () => {
  test.use({ chosen: untilStopped })

  /** Asks with the switch on and unfolds the thought once it is there. */
  async function think(chat: { page: Page; ask(text: string): Promise<void>; answers: Locator }): Promise<Locator> {
    await expect(toggle(chat.page)).toBeVisible()
    await toggle(chat.page).click()
    await chat.ask('What is in the picture?')
    const answer = chat.answers.last()
    await expect(fold(answer)).toHaveText('Thinking…')
    await fold(answer).click()
    await expect(answer.getByTestId('thought')).toHaveText(/^\S.{8}/)
    return answer
  }

  test('is stopped: what was thought stays, and another question is asked', async ({ chat }) => {
    await addModel(chat.page, patientThinker())
    // the model is in memory with its first question: from then on it is known that it has a switch
    await chat.drop('red-circle.png')
    await chat.ask('Look at it.')
    await expect(chat.answers.last().getByTestId('answer-text')).toHaveText(/\S/)
    await chat.stop.click()
    await chat.ended()
    const answer = await think(chat)
    await chat.stop.click()
    await expect(answer).toHaveAttribute('data-status', 'stopped')
    await expect(fold(answer)).toHaveText(/^Thought for /)
    await expect(answer.getByTestId('thought')).toHaveText(/^\S.{8}/)
    await expect(answer.getByTestId('answer-text')).toHaveCount(0)
    await toggle(chat.page).click()
    await chat.ask('And now?')
    await expect(chat.answers.last().getByTestId('answer-text')).toHaveText(/\S/)
    await expect(fold(chat.answers.last())).toHaveCount(0)
    await chat.stop.click()
    await chat.ended()
  })

  test('ends with the app: what was shown of it is there after the restart', async ({ app, chat }) => {
    await addModel(chat.page, patientThinker())
    await chat.drop('red-circle.png')
    await chat.ask('Look at it.')
    await expect(chat.answers.last().getByTestId('answer-text')).toHaveText(/\S/)
    await chat.stop.click()
    await chat.ended()
    const seen = await (await think(chat)).getByTestId('thought').innerText()
    await app.kill()

    await app.restart()
    await chat.page
      .getByRole('navigation', { name: 'Conversations' })
      .getByRole('button', { name: /Look at it/ })
      .first()
      .click()
    const answer = chat.answers.last()
    await expect(answer).toHaveAttribute('data-status', 'interrupted')
    await expect(fold(answer)).toHaveText('Thought, cut short')
    await fold(answer).click()
    expect((await answer.getByTestId('thought').innerText()).startsWith(seen)).toBe(true)
  })
})
