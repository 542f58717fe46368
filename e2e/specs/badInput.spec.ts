import { ModelsPage } from '../pages/models.ts'
import { badFiles } from '../support/badFiles.ts'
import { expect, test } from '../support/fixtures.ts'

test('files that are no readable pictures are refused by name, and nothing of the question is lost', async ({ chat }) => {
  await chat.question.fill('What is in the picture?')
  await chat.drop('red-circle.png')
  await expect(chat.tray).toHaveCount(1)
  for (const { file, says } of badFiles) {
    await chat.drop(file)
    const note = chat.refusals.filter({ hasText: file.name })
    await expect(note).toContainText(says)
    await chat.button(`Dismiss the note about ${file.name}`).click()
    await expect(note).toHaveCount(0)
  }
  await expect(chat.tray).toHaveCount(1)
  await expect(chat.question).toHaveValue('What is in the picture?')
  await chat.button('Send').click()
  await expect(await chat.ended()).toContainText(/red circle/i)
})

test('an empty question is not sent, and what is stored stays', async ({ chat }) => {
  await chat.ask('Hello')
  const answer = await (await chat.ended()).getByTestId('answer-text').innerText()
  await expect(chat.button('Send')).toBeDisabled()
  await chat.question.fill('  \n ')
  await expect(chat.button('Send')).toBeDisabled()
  await chat.question.press('Enter')
  await chat.page.reload()
  await expect(chat.questions).toHaveCount(1)
  await expect(chat.answers.first().getByTestId('answer-text')).toHaveText(answer)
})

test('a model file that is not there, and one that is damaged, are refused with the demo model left in place', async ({ chat }) => {
  const models = new ModelsPage(chat.page)
  await models.open()
  await models.openPaths()
  await models.fillPaths({ text: '/nowhere/model.gguf' })
  await expect(models.addDialog.getByRole('alert')).toContainText('model.gguf was not found')
  await models.fillPaths({ text: import.meta.filename })
  await expect(models.addDialog.getByRole('alert')).toContainText(/GGUF/)
  await models.closeDialog()
  await models.close()
  await chat.ask('Hello')
  await expect((await chat.ended()).getByTestId('answer-text')).not.toBeEmpty()
})
