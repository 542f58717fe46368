import { expect, test } from '../support/fixtures.ts'

/** Some 2,500 tokens for the demo model, whose context holds 4,096. */
const long = (first: string): string => `${first} ${'a red circle and a blue square '.repeat(400)}`

test('a full context says so and offers a way out that answers, and the conversation goes on from there', async ({
  chat,
}) => {
  await chat.ask(long('One.'))
  await expect(await chat.ended(0)).toHaveAttribute('data-status', 'complete')
  // told while it is typed, before Send
  await chat.question.fill(long('Two.'))
  await expect(
    chat.page.getByRole('status').filter({ hasText: /This needs [\d,.k]+ tokens; [\d,]+ are free/ }),
  ).toBeVisible()
  await chat.button('Send').click()
  const failed = await chat.ended(1)
  await expect(failed).toHaveAttribute('data-status', 'failed')
  await expect(failed.getByRole('alert')).toContainText(/needs [\d,]+ tokens .* holds 4,096/)
  await expect(failed.getByRole('button', { name: 'Raise the context' })).toHaveCount(0)

  await failed.getByRole('button', { name: 'Leave out the oldest messages' }).click()
  await expect(chat.answers.last()).toHaveAttribute('data-status', 'complete')
  await expect(chat.answers.last()).toContainText('The 2 oldest messages are left out')
  await expect(chat.questions).toHaveCount(2)

  await chat.drop('red-circle.png')
  await chat.ask('What is in the picture?')
  await expect(await chat.ended(2)).toHaveAttribute('data-status', 'complete')
  await expect(chat.answers.last()).toContainText('The 2 oldest messages are left out')
})
