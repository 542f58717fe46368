import { ModelPanel } from '../../pages/models.ts'
import { expect, test } from '../../support/fixtures.ts'

const note = 'The context was made smaller to save memory: 2,048 tokens instead of 4,096.'

test('a note of the engine is said in a quiet line and in the panel; the line can be put away', async ({ chat }) => {
  const { page } = chat
  // the demo model always runs as wished: the note is put into what the core says
  await page.routeWebSocket(/\/rpc$/, (socket) => {
    const server = socket.connectToServer()
    server.onMessage((message) => socket.send(String(message).replace('"note":null', `"note":${JSON.stringify(note)}`)))
  })
  await page.reload()
  await chat.ready()
  const line = page.getByTestId('engine-note')
  await expect(line).toContainText(note)
  await expect(page.getByTestId('announcement')).toHaveText(note)
  await page.getByRole('button', { name: 'Hide this note' }).press('Enter')
  await expect(line).toBeHidden()
  await page.keyboard.press('Tab')
  await expect(chat.question).toBeFocused()
  await chat.ask('Hello')
  await chat.ended()
  await expect(line).toBeHidden()
  const model = new ModelPanel(page)
  await model.open('Enter')
  await expect(model.how).toContainText(note)
})
