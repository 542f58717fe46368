import { mkdirSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { END, SWITCHED, scriptedModel } from '../../main/testing/scriptedModel.ts'
import { ModelsPage, addModel } from '../pages/models.ts'
import { expect, test } from '../support/fixtures.ts'

/** A fine-tune that says more than its profile lets it say. */
function reader(): { text: string; projector: string } {
  const folder = test.info().outputPath('models')
  mkdirSync(folder, { recursive: true })
  const { textPath, projectorPath } = scriptedModel(folder, 'My Reader 7B', {
    says: [
      ['\n', 'Hm', '</think>', '\n\n'],
      ['\n\n', 'It', ' is', ' red', '.', ' ST', 'OP', ' more', END],
    ],
    template: SWITCHED,
    special: ['<think>', '</think>'],
  })
  return { text: textPath, projector: projectorPath! }
}

const PROFILE = JSON.stringify(
  {
    id: 'my-reader',
    name: 'My reader',
    about: 'Reads pages aloud.',
    recognise: { names: ['My Reader 7B'] },
    stop: [' STOP'],
    jobs: [
      { id: 'page', label: 'Read the page', prompt: 'Read this page from top to bottom.' },
      { id: 'find', label: 'Find something', prompt: 'Find {text}.' },
    ],
  },
  null,
  2,
)

const openSettings = (page: Page) => page.getByRole('button', { name: 'Settings' }).click()
const jobs = (page: Page) => page.getByRole('button', { name: /^(Jobs of this model|Job: )/ })

/** Writes a profile of one's own in the settings. */
async function writeProfile(page: Page): Promise<void> {
  await openSettings(page)
  await page.getByRole('button', { name: 'Add a profile…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Own profile' })
  const field = dialog.getByRole('textbox', { name: 'Profile' })
  const keep = dialog.getByRole('button', { name: 'Keep this profile' })
  await field.fill('{\n  "id": "my-reader"\n  "name": "My reader"\n}')
  await expect(dialog.getByRole('alert')).toContainText('line 3, column 3: a comma or } is expected')
  await dialog.getByRole('button', { name: 'Show the place' }).click()
  expect(
    await field.evaluate((area: HTMLTextAreaElement) => area.value.slice(area.selectionStart, area.selectionEnd)),
  ).toBe('"')
  await field.fill('{"id": "My reader", "name": "My reader"}')
  await expect(dialog.getByRole('alert')).toContainText('at id: small letters')
  await expect(keep).toBeDisabled()
  await field.fill(PROFILE)
  await keep.click()
  await expect(dialog).toBeHidden()
  await expect(page.getByRole('list', { name: 'Own profiles' })).toContainText('My reader')
  await page.getByRole('dialog', { name: 'Settings' }).getByRole('button', { name: 'Close' }).click()
}

test('a profile of one’s own gives its model jobs, which are asked for, stay, and end at its stop word', async ({
  chat,
}) => {
  const { page } = chat
  await addModel(page, reader())
  await expect(jobs(page)).toHaveCount(0)
  await chat.drop('red-circle.png')
  await chat.ask('What is it?')
  await expect((await chat.ended(0)).getByTestId('answer-text')).toHaveText('It is red. STOP more')

  await writeProfile(page)
  await jobs(page).click()
  await expect(page.getByRole('menu')).toContainText('Reads pages aloud.')
  await page.getByRole('menuitem', { name: 'Read the page' }).click()
  await expect(page.getByTestId('job-chip')).toHaveText('Read the page')

  // a job needs no words; its own are not shown as the user's
  await chat.drop('red-circle.png')
  await chat.button('Send').click()
  const answer = await chat.ended(1)
  await expect(answer.getByTestId('answer-text')).toHaveText('It is red.')
  await expect(chat.questions.nth(1)).toContainText('Read the page')
  await expect(chat.questions.nth(1)).not.toContainText('from top to bottom')

  // it stays with the conversation, also in a window that is loaded again, and every answer to the question has it
  await page.reload()
  await chat.ready()
  await page
    .getByRole('navigation', { name: 'Conversations' })
    .getByRole('button', { name: /What is it/ })
    .first()
    .click()
  await expect(page.getByTestId('job-chip')).toHaveText('Read the page')
  await page.getByRole('button', { name: 'No job' }).click()
  await expect(page.getByTestId('job-chip')).toHaveCount(0)
  const prompt = await promptTokens(page, 1)
  await chat.answers.nth(1).getByRole('button', { name: 'Answer again' }).click()
  await expect(chat.answers.nth(1).getByRole('group', { name: 'Version 2 of 2' })).toBeVisible()
  await chat.ended(1)
  expect(await promptTokens(page, 1)).toBe(prompt)

  // a job that wants words says so
  await jobs(page).click()
  await page.getByRole('menuitem', { name: 'Find something' }).click()
  await chat.drop('red-circle.png')
  await chat.button('Send').click()
  await expect(page.getByRole('alert')).toContainText('"Find something" wants words')
})

/** The tokens of an answer's prompt, as its details have them. */
async function promptTokens(page: Page, index: number): Promise<string> {
  await page.getByRole('article', { name: 'Answer' }).nth(index).getByRole('button', { name: 'Answer details' }).click()
  const details = page.getByRole('dialog', { name: 'Answer details' })
  const value = await details
    .locator('dt', { hasText: 'Prompt tokens' })
    .locator('xpath=following-sibling::dd')
    .innerText()
  await page.keyboard.press('Escape')
  await expect(details).toBeHidden()
  return value
}

test('the panel of a model says which profile it is asked with and why, and takes another one or none', async ({
  chat,
}) => {
  const { page } = chat
  await addModel(page, reader())
  await writeProfile(page)
  const models = new ModelsPage(page)
  await models.open()
  const panel = await models.openModel('My Reader 7B')
  await panel.getByRole('button', { name: /^Profile/ }).click()
  const profile = panel.getByTestId('model-profile')
  await expect(profile).toContainText('Known by its name, "My Reader 7B".')
  const choose = async (name: string) => {
    await panel.getByRole('button', { name: 'Choose a profile…' }).click()
    await page.getByRole('menuitem', { name, exact: true }).click()
  }
  await choose('None')
  await expect(profile).toHaveText('It is asked without a profile.')
  await choose('olmOCR 2')
  await expect(profile).toContainText('Chosen for this model.')
  await choose('The one that it is recognised by')
  await expect(profile).toContainText('My reader')
  await models.close()
  await expect(jobs(page)).toBeVisible()

  // a profile that is removed is no longer used
  await openSettings(page)
  await page.getByRole('button', { name: 'Remove My reader' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
  await expect(page.getByRole('list', { name: 'Own profiles' })).toHaveCount(0)
  await page.getByRole('dialog', { name: 'Settings' }).getByRole('button', { name: 'Close' }).click()
  await expect(jobs(page)).toHaveCount(0)
})
