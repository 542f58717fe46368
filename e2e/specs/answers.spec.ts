import type { Conversations } from '../../main/services/conversations/index.ts'
import { SettingsDialog } from '../pages/settings.ts'
import { seriousProblems } from '../support/axe.ts'
import { answered, expect, test } from '../support/seeded.ts'

test('a question is edited with its picture into a branch, and its versions are switched by keys', async ({ chat }) => {
  const { page } = chat
  await chat.drop('red-circle.png')
  await chat.ask('What is in the picture?')
  await expect(await chat.ended()).toContainText(/red circle/i)
  await chat.question.fill('A draft of mine')

  await chat.questions.first().hover()
  await chat.button('Edit question').click()
  await expect(chat.question).toHaveValue('What is in the picture?')
  await expect(chat.tray).toHaveCount(1)
  await chat.drop('blue-square.png')
  await expect(chat.tray).toHaveCount(2)
  await chat.ask('What is in each picture?')
  await expect(await chat.ended()).toContainText(/red circle[^]*blue square/i)
  await expect(chat.questions).toHaveCount(1)
  await expect(chat.question, 'the draft is there again').toHaveValue('A draft of mine')

  const versions = chat.questions.first().getByRole('group', { name: 'Version 2 of 2' })
  await versions.getByRole('button', { name: 'Previous version' }).focus()
  await page.keyboard.press('ArrowLeft')
  await expect(chat.questions.first()).toContainText('What is in the picture?')
  await expect(chat.questions.first().getByRole('button', { name: 'Next version' })).toBeFocused()
  await page.keyboard.press('ArrowRight')
  await expect(chat.questions.first()).toContainText('What is in each picture?')

  // with nothing typed, Up opens the last question; Escape gives it up
  await chat.question.fill('')
  await chat.question.press('ArrowUp')
  await expect(chat.question).toHaveValue('What is in each picture?')
  await chat.question.press('Escape')
  await expect(chat.question).toHaveValue('')
})

test('an answer that was cut at its longest length goes on where it was', async ({ chat }) => {
  const settings = new SettingsDialog(chat.page)
  await settings.open()
  await settings.setNumber('Longest answer in tokens', 3)
  await settings.close()
  await chat.drop('red-circle.png')
  await chat.ask('What is in the picture?')
  const answer = await chat.ended()
  await expect(answer).toContainText('Cut off at the longest answer of 3 tokens')
  const begun = await answer.getByTestId('answer-text').innerText()
  await settings.open()
  await settings.setNumber('Longest answer in tokens', 200)
  await settings.close()
  await answer.getByRole('button', { name: 'Continue' }).click()
  await expect(answer).not.toContainText('Cut off')
  await expect(answer).toHaveAttribute('aria-busy', 'false')
  await expect(answer.getByTestId('answer-text')).toContainText(/red circle/i)
  expect((await answer.getByTestId('answer-text').innerText()).startsWith(begun.trimEnd())).toBe(true)
  await expect(chat.answers).toHaveCount(1)
})

/** Three turns, of which the second answer has a table and code. */
const store = (conversations: Conversations): void => {
  const { conversationId } = answered(conversations, 'What is tea?', 'A drink made of leaves.')
  const table =
    '| Item | Price |\n| --- | ---: |\n| Tea | 3.5 |\n\n```ts\nconst price = 3.5 // a long line that is wider than a narrow window, and goes on for a while after that\n```'
  answered(conversations, 'What does it cost?', table, conversationId)
  answered(conversations, 'Thank you', 'You are welcome.', conversationId)
}

test.describe('a conversation of three turns', () => {
  test.use({ seed: { store } })
  test.beforeEach(async ({ chat }) => {
    await chat.page
      .getByRole('navigation', { name: 'Conversations' })
      .getByRole('button', { name: /What is tea/ })
      .first()
      .click()
    await expect(chat.answers).toHaveCount(3)
  })

  test('answers are deleted with what follows and put back, edited, and found on the map', async ({ chat }) => {
    const { page } = chat
    const more = async (n: number, item: string | RegExp): Promise<void> => {
      await chat.answers.nth(n).getByRole('button', { name: 'More about this answer' }).click()
      await page.getByRole('menuitem', { name: item }).click()
    }
    await more(1, 'Delete answer and the 2 that follow')
    await expect(chat.answers).toHaveCount(1)
    const note = page.getByRole('group', { name: 'What was done last' })
    await expect(note).toContainText('Deleted 1 question and 2 answers.')
    await expect(chat.button('Answer')).toBeVisible()
    await note.getByRole('button', { name: 'Undo' }).click()
    await expect(chat.answers).toHaveCount(3)

    await more(0, 'Edit answer')
    await page.getByRole('textbox', { name: 'Answer text' }).fill('A hot drink.')
    await page.keyboard.press('Control+Enter')
    await expect(chat.answers).toHaveCount(1)
    await expect(chat.answers.first()).toContainText('Edited by you')
    await expect(note).toContainText('The 4 messages after it are on the earlier version.')

    await more(0, 'Map of branches')
    const map = page.getByRole('tree', { name: 'Messages' })
    await expect(map.getByRole('treeitem')).toHaveCount(7)
    await expect(map.getByRole('treeitem', { name: 'Answer by Demo model: A hot drink.' })).toBeFocused()
    expect(await seriousProblems(page), 'map').toEqual([])
    await page.keyboard.press('Home')
    for (let n = 0; n < 3; n++) await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await expect(map).toBeHidden()
    await expect(chat.answers).toHaveCount(3)
  })

  test('an answer is copied in its forms, quoted, and its code wraps', async ({ chat }) => {
    const { page } = chat
    await page
      .context()
      .grantPermissions(['clipboard-read', 'clipboard-write'])
      .catch(() => {})
    const answer = chat.answers.nth(1)
    const copyAs = async (form: string): Promise<void> => {
      await answer.getByRole('button', { name: 'More about this answer' }).click()
      await page.getByRole('menuitem', { name: 'Copy as' }).press('ArrowRight')
      await page.getByRole('menuitem', { name: form }).click()
    }
    await copyAs('Table as CSV')
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('Item,Price\r\nTea,3.5\r\n')
    await expect(answer.locator('.hljs-keyword')).toHaveText('const')
    const code = answer.getByLabel('Code in ts')
    const isWider = (): Promise<boolean> => code.evaluate((element) => element.scrollWidth > element.clientWidth)
    await answer.getByRole('button', { name: 'Wrap long lines' }).click()
    expect(await isWider()).toBe(false)

    await chat.answers.first().getByText('A drink made of leaves.').selectText()
    await chat.button('Quote').click()
    await expect(chat.question).toHaveValue('> A drink made of leaves.\n\n')
    await expect(chat.question).toBeFocused()
    expect(await seriousProblems(page), 'conversation').toEqual([])
  })
})
