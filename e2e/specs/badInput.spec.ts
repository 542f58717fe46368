import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ModelsPage } from '../pages/models.ts'
import { badFiles, halfPicture } from '../support/badFiles.ts'
import { root } from '../support/electronProgram.ts'
import { expect, test } from '../support/fixtures.ts'

test('files that are no readable pictures are refused by name, and nothing of the question is lost', async ({
  chat,
}) => {
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

test('what is missing of a picture that is cut off stands on its tile and in the question; a HEIC picture is shown in the window', async ({
  chat,
}) => {
  const heic = {
    name: 'photo.heic',
    type: 'image/heic',
    bytes: readFileSync(join(root, 'main/lib/picture/fixtures/drawing.heic')),
  }
  await chat.drop(halfPicture)
  await expect(chat.tray.first().getByTestId('picture-notes')).toContainText(
    /The lower \d+ % of the picture is missing/,
  )
  await chat.drop(heic)
  const photo = chat.tray.nth(1).locator('img')
  await expect.poll(() => photo.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(64)
  await chat.ask('What is in the pictures?')
  await expect(chat.questions.first().getByTestId('picture-notes')).toHaveCount(1)
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

test('a model file that is not there, and one that is damaged, are refused with the demo model left in place', async ({
  chat,
}) => {
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
