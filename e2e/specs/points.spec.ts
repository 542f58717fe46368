import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ScreenPlace } from '#contract'
import AxeBuilder from '@axe-core/playwright'
import type { Locator } from '@playwright/test'
import sharp from 'sharp'
import { openStore } from '../../main/lib/database/index.ts'
import { END, SWITCHED, scriptedModel } from '../../main/testing/scriptedModel.ts'
import type { ChatPage } from '../pages/chat.ts'
import { addModel } from '../pages/models.ts'
import { expect, test } from '../support/fixtures.ts'

/** A template with pictures and nothing of thoughts. */
const PLAIN = SWITCHED.replace(/\{% if enable_thinking.*?\{% endif %\}/, '')

/** A screen of 480 x 320 pixels with a field in it, and a button whose middle is at 360, 80. */
async function screenshot(): Promise<{ name: string; type: string; bytes: Uint8Array }> {
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="320"><rect width="480" height="320" fill="#eef1f5"/><rect width="480" height="24" fill="#d7dde6"/><rect x="60" y="72" width="224" height="16" rx="3" fill="#fff" stroke="#8a94a3"/><rect x="328" y="70" width="64" height="20" rx="3" fill="#2b6cdf"/><rect x="60" y="112" width="332" height="168" rx="3" fill="#fff" stroke="#c5ccd6"/></svg>`
  return { name: 'screen.png', type: 'image/png', bytes: await sharp(Buffer.from(drawing)).png().toBuffer() }
}

/** Adds a model that is known by its name, and answers with these words, whatever it is asked. */
async function addSaying(chat: ChatPage, words: readonly string[], name = 'UI-TARS-2B-SFT'): Promise<void> {
  const folder = test.info().outputPath('models')
  mkdirSync(folder, { recursive: true })
  const { textPath, projectorPath } = scriptedModel(folder, name, {
    says: [['\n', ...words, END]],
    template: PLAIN,
  })
  await addModel(chat.page, { text: textPath, projector: projectorPath! })
}

/** The stored picture is one that was captured there. */
function captured(folder: string, screen: ScreenPlace): void {
  const { db, close } = openStore(folder)
  const { changes } = db
    .prepare(`UPDATE parts SET attachment = json_set(attachment, '$.screen', json(?)) WHERE type = 'image'`)
    .run(JSON.stringify(screen))
  close()
  expect(changes).toBe(1)
}

const openConversation = async (chat: ChatPage): Promise<void> => {
  await chat.ready()
  await chat.page
    .getByRole('navigation', { name: 'Conversations' })
    .getByRole('button', { name: /Click the button/ })
    .first()
    .click()
}

/** The middle of an element, in shares of a picture. */
async function middle(element: Locator, picture: Locator): Promise<[number, number]> {
  const [inside, around] = [(await element.boundingBox())!, (await picture.boundingBox())!]
  return [
    (inside.x + inside.width / 2 - around.x) / around.width,
    (inside.y + inside.height / 2 - around.y) / around.height,
  ]
}

const steps = (answer: Locator) => answer.getByRole('list', { name: 'What the model would do' })

for (const [what, screen, position] of [
  ['the picture', undefined, '360, 80'],
  ['the captured screen', { x: 40, y: 12 }, '400, 92'],
] as const)
  test(`a click point is a quiet line and a ring where it is on the screenshot; copied in pixels of ${what}`, async ({
    app,
    chat,
    data,
    shell,
  }) => {
    await addSaying(chat, ['Thought:', ' The button', ' is on the right.\nAction:', " click(start_box='(750,250)')"])
    await chat.drop(await screenshot())
    await chat.ask('Click the button')
    await chat.ended()
    if (screen) {
      await app.kill()
      captured(shell === 'electron' ? join(data, 'data') : data, screen)
      await app.restart()
      await openConversation(chat)
    }

    const answer = chat.answers.first()
    await expect(steps(answer).getByRole('listitem')).toHaveText(['Click'])
    await expect(answer).not.toContainText('start_box')
    const thought = answer.getByRole('button', { name: 'Thought' })
    await expect(thought).toHaveAttribute('aria-expanded', 'false')
    await thought.click()
    await expect(answer.getByTestId('thought')).toHaveText('The button is on the right.')

    const picture = answer.getByRole('figure', { name: 'screen.png with one place marked' })
    const [x, y] = await middle(picture.locator('[data-mark="0"]'), picture.getByRole('img'))
    expect(Math.abs(x - 0.75)).toBeLessThan(0.005)
    expect(Math.abs(y - 0.25)).toBeLessThan(0.005)
    await steps(answer).getByRole('button', { name: 'Click' }).hover()
    await expect(picture.locator('[data-mark="0"]')).toHaveCSS('border-top-width', '3px')

    await chat.page.evaluate(() => {
      const written: string[] = []
      Object.assign(window, { written })
      navigator.clipboard.writeText = async (text) => void written.push(text)
    })
    await picture.getByRole('button', { name: 'Copy click position' }).focus()
    await chat.page.keyboard.press('Enter')
    await expect
      .poll(() => chat.page.evaluate(() => (window as unknown as { written: string[] }).written))
      .toEqual([position])
    await expect(chat.page.getByText(`Copied ${position}`)).toHaveCount(1)
    const { violations } = await new AxeBuilder({ page: chat.page }).setLegacyMode(true).analyze()
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([])
  })

test('a drag has an arrow from its first place to its second, a scroll its way', async ({ chat }) => {
  await addSaying(chat, [
    'Action:',
    " drag(start_box='(200,250)', end_box='(750,250)')",
    "\n\nscroll(start_box='(500,600)', direction='down')\n\nfinished()",
  ])
  await chat.drop(await screenshot())
  await chat.ask('Click the button')
  await chat.ended()
  const answer = chat.answers.first()
  await expect(steps(answer).getByRole('listitem')).toHaveText(['Drag', 'Scroll down', 'Done'])
  const picture = answer.getByRole('figure')
  const arrows = picture.locator('[data-arrow]')
  await expect(arrows).toHaveCount(2)
  const [drag, around] = [(await arrows.first().boundingBox())!, (await picture.getByRole('img').boundingBox())!]
  expect(Math.abs((drag.x + drag.width - around.x) / around.width - 0.75)).toBeLessThan(0.01)
  const [ring] = await middle(picture.locator('[data-mark="0"]'), picture.getByRole('img'))
  expect(Math.abs(ring - 0.2)).toBeLessThan(0.005)
  const scroll = (await arrows.last().boundingBox())!
  const [, from] = await middle(picture.locator('[data-mark="1"]'), picture.getByRole('img'))
  expect(scroll.y).toBeGreaterThan(around.y + from * around.height)
})

test('the coordinate tokens of Rex-Omni are boxes of several kinds, each where it is', async ({ chat }) => {
  const group = (name: string, places: string) =>
    `<|object_ref_start|>${name}<|object_ref_end|><|box_start|>${places}<|box_end|>`
  await addSaying(
    chat,
    [`${group('button', '<683><218><816><281>')}, `, group('field', '<125><225><592><275>,<125><350><816><874>')],
    'Rex-Omni',
  )
  await chat.drop(await screenshot())
  await chat.ask('button, field')
  const answer = await chat.ended()
  await expect(answer.getByTestId('answer-text')).toHaveText('button, field Box 3')
  const picture = answer.getByRole('figure', { name: 'screen.png with 3 places marked' })
  const [x, y] = await middle(picture.locator('[data-mark="0"]'), picture.getByRole('img'))
  // the button's middle: the last bin is the edge
  expect(Math.abs(x - 0.75)).toBeLessThan(0.005)
  expect(Math.abs(y - 0.25)).toBeLessThan(0.005)
  await expect(picture.locator('[data-mark="2"]')).toHaveAttribute('title', 'field')
})
