import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '../../main/lib/database/index.ts'
import type { ChatPage } from '../pages/chat.ts'
import { expect, test } from '../support/fixtures.ts'

/** The demo model points at nothing yet: a stored answer is given the words of one that does. */
function rewriteAnswer(folder: string, text: string): void {
  const store = openStore(folder)
  const { changes } = store.db.prepare(`UPDATE parts SET text = ? WHERE message_id = (SELECT id FROM messages WHERE role = 'assistant' ORDER BY position DESC LIMIT 1)`).run(text)
  store.close()
  expect(changes).toBe(1)
}

const openConversation = (chat: ChatPage) => chat.page.getByRole('navigation', { name: 'Conversations' }).getByRole('button', { name: /What is in the picture/ }).first().click()

test.describe('an answer that points at things', () => {
  const circle = '<|object_ref_start|>the red circle<|object_ref_end|><|box_start|>(140,140),(860,860)<|box_end|>'

  test('has them drawn where they are, and lights them with its words', async ({ chat, app, data, shell }) => {
    await chat.drop('red-circle.png')
    await chat.ask('What is in the picture?')
    await chat.ended()
    await app.kill()
    rewriteAnswer(shell === 'electron' ? join(data, 'data') : data, `I see ${circle}.`)
    await app.restart()
    await openConversation(chat)

    const words = chat.answers.first().getByTestId('answer-text')
    await expect(words).toHaveText('I see the red circle.')
    const picture = chat.answers.first().getByRole('figure', { name: /one place marked/ })
    const mark = picture.locator('[data-mark="0"]')
    await expect(mark).toBeVisible()
    const [inside, around] = [await mark.boundingBox(), await picture.getByRole('img').boundingBox()]
    // the picture has 448 px and is shown as wide; its circle goes from 63 to 385
    expect(Math.abs((inside!.x - around!.x) / around!.width - 0.14)).toBeLessThan(0.01)
    expect(Math.abs((inside!.y + inside!.height - around!.y) / around!.height - 0.86)).toBeLessThan(0.01)

    await words.getByRole('button', { name: 'the red circle' }).hover()
    await expect(words.getByRole('button', { name: 'the red circle' })).toHaveAttribute('aria-pressed', 'true')
    await expect(mark).toHaveCSS('border-top-width', '3px')
    await mark.hover()
    await expect(words.getByRole('button', { name: 'the red circle' })).toHaveAttribute('aria-pressed', 'true')

    await picture.getByRole('button', { name: 'Hide the marks' }).click()
    await expect(mark).toHaveCount(0)
  })

  test('exports them', async ({ chat, app, data, shell }) => {
    test.skip(shell === 'electron', 'The stand-in for Electron does not tell of downloads.')
    await chat.drop('red-circle.png')
    await chat.ask('What is in the picture?')
    await chat.ended()
    await app.kill()
    rewriteAnswer(data, `I see ${circle}.`)
    await app.restart()
    await openConversation(chat)
    const picture = chat.answers.first().getByRole('figure', { name: /one place marked/ })
    const download = chat.page.waitForEvent('download')
    await picture.getByRole('button', { name: 'Export the marks' }).click()
    await chat.page.getByRole('menuitem', { name: 'COCO JSON' }).click()
    const file = await download
    expect(file.suggestedFilename()).toBe('red-circle.coco.json')
    expect(JSON.parse(readFileSync(await file.path(), 'utf8'))).toMatchObject({
      images: [{ file_name: 'red-circle.png', width: 448, height: 448 }],
      categories: [{ name: 'the red circle' }],
      annotations: [{ bbox: [62.72, 62.72, 322.56, 322.56] }],
    })
  })

  test('and is broken stays text', async ({ chat, app, data, shell }) => {
    await chat.drop('red-circle.png')
    await chat.ask('What is in the picture?')
    await chat.ended()
    await app.kill()
    rewriteAnswer(shell === 'electron' ? join(data, 'data') : data, 'Here: <|box_start|>(140,140),(86')
    await app.restart()
    await openConversation(chat)
    await expect(chat.answers.first()).toContainText('Here: <|box_start|>(140,140),(86')
    await expect(chat.answers.first().getByRole('figure')).toHaveCount(0)
  })
})
