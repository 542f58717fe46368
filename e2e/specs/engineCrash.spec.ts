import { addModel } from '../pages/models.ts'
import { expect, test } from '../support/fixtures.ts'
import { patientModel, untilStopped } from '../support/patientModel.ts'
import { engineProcess } from '../support/processes.ts'
import { recordShownText } from '../support/shownText.ts'

test.use({ chosen: untilStopped })

test('the engine dies in mid-answer: the error is said in place, no text is lost and Retry works', async ({
  app,
  chat,
}) => {
  await chat.drop('red-circle.png')
  await expect(chat.tray).toHaveCount(1)
  await addModel(chat.page, patientModel())
  const shown = await recordShownText(chat.page)
  await chat.ask('What is in the picture?')
  await shown.grown(3)
  const engine = await engineProcess(app.pid)
  process.kill(engine, 'SIGKILL')

  const answer = await chat.ended()
  await expect(answer).toHaveAttribute('data-status', 'failed')
  await expect(answer.getByRole('alert')).toContainText(/ended unexpectedly.*kept/)
  const kept = await answer.getByTestId('answer-text').innerText()
  expect(kept.startsWith(shown.longest().trimEnd())).toBe(true)

  await answer.getByRole('button', { name: 'Retry' }).click()
  const again = await recordShownText(chat.page)
  await again.grown(3)
  expect(await engineProcess(app.pid)).not.toBe(engine)
  await chat.stop.click()
  await expect(await chat.ended()).toHaveAttribute('data-status', 'stopped')

  await chat.page
    .getByRole('button', { name: /previous/i })
    .last()
    .click()
  await expect(chat.answers.last()).toHaveAttribute('data-status', 'failed')
  await expect(chat.answers.last().getByTestId('answer-text')).toHaveText(kept)
})
