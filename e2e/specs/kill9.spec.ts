import { addModel } from '../pages/models.ts'
import { expect, test } from '../support/fixtures.ts'
import { patientModel, untilStopped } from '../support/patientModel.ts'
import { engineProcess, isRunning } from '../support/processes.ts'
import { recordShownText } from '../support/shownText.ts'

test.use({ chosen: untilStopped })

test('the whole app is killed in mid-answer: every token that was shown is there after the restart', async ({
  app,
  chat,
}) => {
  await chat.drop('red-circle.png')
  await expect(chat.tray).toHaveCount(1)
  await addModel(chat.page, patientModel())
  const shown = await recordShownText(chat.page)
  await chat.ask('What is in the picture?')
  await shown.grown(5)
  const engine = await engineProcess(app.pid)
  await app.kill()
  const seen = shown.longest().trimEnd()
  expect(seen.length).toBeGreaterThan(0)
  await expect.poll(() => isRunning(engine), { message: 'the engine ends with the app' }).toBe(false)

  await app.restart()
  await chat.page
    .getByRole('navigation', { name: 'Conversations' })
    .getByRole('button', { name: /What is in the picture/ })
    .first()
    .click()
  const answer = chat.answers.last()
  await expect(answer).toHaveAttribute('data-status', 'interrupted')
  await expect(answer.getByRole('alert')).toContainText(/ended before the answer|was closed/)
  expect((await answer.getByTestId('answer-text').innerText()).startsWith(seen)).toBe(true)
  await expect(chat.questions.last().getByRole('img')).toBeVisible()
})
