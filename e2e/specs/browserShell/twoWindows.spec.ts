import { ChatPage } from '../../pages/chat.ts'
import { Sidebar } from '../../pages/sidebar.ts'
import { expect, test } from '../../support/fixtures.ts'

test('what is written in a conversation that another window deletes goes on in a new one; in the window that deletes it, not', async ({
  chat,
}) => {
  await chat.ask('What is it?')
  await chat.ended()
  const page = await chat.page.context().newPage()
  await page.goto(chat.page.url())
  const other = new ChatPage(() => page)
  await other.ready()
  await expect(other.answers).toHaveCount(1)
  await chat.question.fill('And what colour?')
  await chat.drop('red-circle.png')
  await expect(chat.tray).toHaveCount(1)
  await other.question.fill('Not wanted any more')

  await page.getByRole('button', { name: 'What is it?', exact: true }).press('Delete')
  await expect(other.answers).toHaveCount(0)
  await expect(other.question).toHaveValue('')
  // in the trash it can be restored, with what was being written in it
  await expect(chat.question).toHaveCount(0)
  await chat.page.getByRole('region', { name: 'In the trash' }).getByRole('button', { name: 'Restore' }).click()
  await expect(chat.question).toHaveValue('And what colour?')
  await expect(chat.tray).toHaveCount(1)

  await page.getByRole('button', { name: 'What is it?', exact: true }).press('Delete')
  const sidebar = new Sidebar(page)
  await sidebar.menu(/^Trash/)
  await sidebar.row('What is it?').press('Delete')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete for good' }).click()
  await expect(chat.answers).toHaveCount(0)
  await expect(chat.question).toHaveValue('And what colour?')
  await expect(chat.tray).toHaveCount(1)
  await expect(chat.page.getByText(/removed in another window/)).toBeVisible()
  await chat.button('Send').click()
  await chat.ended()
  await expect(chat.questions).toContainText(['And what colour?'])
})
