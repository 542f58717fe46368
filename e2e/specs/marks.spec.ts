import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { openStore } from '../../main/lib/database/index.ts'
import type { ChatPage } from '../pages/chat.ts'
import { VideoPage, video } from '../pages/video.ts'
import { expect, test } from '../support/fixtures.ts'

/** A stored answer is given other words: those of a model that points at things rightly, or not. */
function rewriteAnswer(folder: string, text: string): void {
  const store = openStore(folder)
  const { changes } = store.db
    .prepare(
      `UPDATE parts SET text = ? WHERE message_id = (SELECT id FROM messages WHERE role = 'assistant' ORDER BY position DESC LIMIT 1)`,
    )
    .run(text)
  store.close()
  expect(changes).toBe(1)
}

/** A rectangle in shares of a picture. */
interface Place {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

const openConversation = (chat: ChatPage) =>
  chat.page
    .getByRole('navigation', { name: 'Conversations' })
    .getByRole('button', { name: /What is in the picture/ })
    .first()
    .click()

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

    // no model is loaded since the restart: what is told of the picture was kept with the answer
    await picture.getByRole('button', { name: 'What the model saw' }).click()
    const seen = chat.page.getByRole('dialog', { name: 'What the model saw' })
    await expect(seen.getByRole('region', { name: 'Figures' })).toContainText('112 × 112 px')
    await chat.page.keyboard.press('Escape')
    await expect(seen).toBeHidden()
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

  test('in a list that is broken has what is whole of it drawn, and all of it as text', async ({
    chat,
    app,
    data,
    shell,
  }) => {
    await chat.drop('red-circle.png')
    await chat.ask('What is in the picture?')
    await chat.ended()
    await app.kill()
    const folder = shell === 'electron' ? join(data, 'data') : data
    const broken = '[{"bbox_2d": [140, 140, 860, 860], "label": "red circle"}, {"bbox_2d": [1, 2'
    rewriteAnswer(folder, broken)
    await app.restart()
    await openConversation(chat)
    await expect(chat.answers.first().getByTestId('answer-text')).toHaveText(broken)
    await expect(
      chat.answers
        .first()
        .getByRole('figure', { name: /one place marked/ })
        .locator('[data-mark]'),
    ).toHaveCount(1)

    await app.kill()
    rewriteAnswer(folder, '[{"bbox_2d": [140, 140, "label": "red circle"}, {"bbox_2d": "none"')
    await app.restart()
    await openConversation(chat)
    await expect(chat.answers.first().getByTestId('answer-text')).toHaveText(
      '[{"bbox_2d": [140, 140, "label": "red circle"}, {"bbox_2d": "none"',
    )
    await expect(chat.answers.first().getByRole('figure')).toHaveCount(0)
  })

  test('in JSON has a legend, which lights, hides and chooses them; a box of it becomes a new question', async ({
    chat,
    app,
    data,
    shell,
  }) => {
    await chat.drop('red-circle.png')
    await chat.ask('What is in the picture?')
    await chat.ended()
    await app.kill()
    rewriteAnswer(
      shell === 'electron' ? join(data, 'data') : data,
      '[{"bbox_2d": [140, 140, 860, 860], "label": "red circle"}, {"point_2d": [500, 500], "label": "middle"}]',
    )
    await app.restart()
    await openConversation(chat)
    const picture = chat.answers.first().getByRole('figure', { name: /2 places marked/ })
    const legend = picture.getByRole('list', { name: 'Marks' })
    await legend.getByRole('button', { name: 'red circle', exact: true }).hover()
    await expect(picture.locator('[data-mark="0"]')).toHaveCSS('border-top-width', '3px')
    await legend.getByRole('button', { name: 'Show middle on the picture' }).click()
    await expect(picture.locator('[data-mark="1"]')).toHaveCount(0)
    await expect(picture.locator('[data-mark="0"]')).toHaveCount(1)

    await legend.getByRole('button', { name: 'red circle', exact: true }).click()
    await picture.getByRole('button', { name: 'Ask about this part' }).click()
    await expect(chat.tray).toHaveCount(1)
    await expect(chat.tray.first()).toHaveAccessibleName(/red-circle - red circle\.png/)
    // 140 to 860 thousandths of 448 px: from 62 to 386
    const cut = chat.tray.first().locator('img')
    await expect
      .poll(() => cut.evaluate(({ naturalWidth, naturalHeight }: HTMLImageElement) => [naturalWidth, naturalHeight]))
      .toEqual([324, 324])
    await chat.ask('What is in the picture?')
    await expect(await chat.ended(1)).toContainText(/red circle/i)
  })
})

test('on a video belong to their time: they are drawn over the player when it is there', async ({
  chat,
  app,
  data,
  shell,
}) => {
  await chat.drop(video('circle-turns-blue.mp4', 'samples'))
  await chat.ask('What is in the picture?')
  await chat.ended()
  await app.kill()
  const [early, late] = [
    '{"time": 0, "bbox_2d": [100, 200, 500, 600], "label": "red circle"}',
    '{"time": "0:03", "bbox_2d": [500, 500, 900, 900], "label": "blue circle"}',
  ]
  rewriteAnswer(shell === 'electron' ? join(data, 'data') : data, `[${early}, ${late}]`)
  await app.restart()
  await openConversation(chat)
  const videos = new VideoPage(chat.page)
  const marks = chat.questions.first().locator('[data-mark]')
  await expect(marks).toHaveCount(1)
  const [inside, around] = [await marks.boundingBox(), await videos.player.boundingBox()]
  expect(Math.abs((inside!.x - around!.x) / around!.width - 0.1)).toBeLessThan(0.01)
  expect(Math.abs((inside!.y + inside!.height - around!.y) / around!.height - 0.6)).toBeLessThan(0.01)

  await chat.answers
    .first()
    .getByRole('list', { name: 'Marks' })
    .getByRole('button', { name: 'blue circle', exact: true })
    .click()
  await expect.poll(() => videos.time()).toBe(3)
  await expect(marks).toHaveCount(1)
  await expect(marks).toHaveAttribute('title', 'blue circle')
  await expect(videos.player).toHaveJSProperty('paused', true)
})

test.describe('the demo model', () => {
  /** A picture whose sides are not as the model gets them, with one thing in it whose place is known, in shares. */
  const drawn = async (): Promise<{ picture: { name: string; type: string; bytes: Uint8Array }; place: Place }> => {
    const [width, height] = [700, 500]
    const [left, top, side] = [308, 150, 224]
    const square = await sharp({ create: { width: side, height: side, channels: 3, background: '#1e46dc' } })
      .png()
      .toBuffer()
    const bytes = await sharp({ create: { width, height, channels: 3, background: '#fafafa' } })
      .composite([{ input: square, left, top }])
      .png()
      .toBuffer()
    return {
      picture: { name: 'square.png', type: 'image/png', bytes },
      place: { left: left / width, top: top / height, right: (left + side) / width, bottom: (top + side) / height },
    }
  }

  for (const [what, question, shown] of [
    [
      'red circle',
      'Give the bounding box of the red circle.',
      async () => ({ picture: 'red-circle.png', place: { left: 0.14, top: 0.14, right: 0.86, bottom: 0.86 } }),
    ],
    ['blue square', 'Give the bounding box of the blue square.', drawn],
  ] as const)
    test(`has the box of a ${what} drawn within 5 % of its place, on a picture that was resized`, async ({ chat }) => {
      const { picture, place } = await shown()
      await chat.drop(picture)
      await chat.ask(question)
      const figure = (await chat.ended()).getByRole('figure', { name: /one place marked/ })
      const [box, around] = [
        await figure.locator('[data-mark="0"]').boundingBox(),
        await figure.getByRole('img').boundingBox(),
      ]
      const found: Place = {
        left: (box!.x - around!.x) / around!.width,
        top: (box!.y - around!.y) / around!.height,
        right: (box!.x + box!.width - around!.x) / around!.width,
        bottom: (box!.y + box!.height - around!.y) / around!.height,
      }
      for (const edge of ['left', 'top', 'right', 'bottom'] as const)
        expect(Math.abs(found[edge] - place[edge]), `${edge} at ${found[edge].toFixed(3)}`).toBeLessThanOrEqual(0.05)
    })
})

test.describe('a place that is marked before asking', () => {
  test('is drawn by pointer or keys, named, removed, sent with the picture and shown on it, also after a reload', async ({
    chat,
  }) => {
    await chat.drop('red-circle.png')
    const tokens = chat.tray.first().getByRole('button', { name: /^Detail of picture 1/ })
    await expect(tokens).toHaveText('16 tokens')
    await chat.button('Mark a place on picture 1').click()
    const viewer = chat.page.getByRole('dialog', { name: 'red-circle.png' })
    await viewer.getByRole('button', { name: 'Mark a box' }).click()
    const layer = viewer.getByTestId('marking-layer')
    const area = (await layer.boundingBox())!
    await chat.page.mouse.move(area.x + area.width * 0.25, area.y + area.height * 0.75)
    await chat.page.mouse.down()
    await chat.page.mouse.move(area.x + area.width * 0.5, area.y + area.height * 0.25, { steps: 3 })
    await chat.page.mouse.up()
    await expect(layer.locator('[data-marking]')).toHaveCount(1)

    // by keys: a point in the middle, moved to the right; another one, removed again
    await viewer.getByRole('button', { name: 'Mark a point' }).press('Enter')
    await layer.press('Enter')
    await expect(layer.locator('[data-marking="1"]')).toBeFocused()
    await chat.page.keyboard.press('ArrowRight')
    await layer.press('Enter')
    await expect(layer.locator('[data-marking="2"]')).toBeFocused()
    await chat.page.keyboard.press('Delete')
    await expect(layer.locator('[data-marking]')).toHaveCount(2)
    await viewer.getByRole('textbox', { name: 'Name of Box 1' }).fill('the left half')
    await viewer.getByRole('button', { name: 'Close' }).click()
    await expect(chat.tray.first().locator('[data-drawn]')).toHaveCount(2)
    // what is told of the marks costs tokens of its own
    await expect.poll(async () => Number.parseInt(await tokens.innerText())).toBeGreaterThan(16)

    await chat.ask('What is in the picture?')
    await chat.ended()
    await chat.page.reload()
    const sent = chat.questions
      .first()
      .getByRole('button', { name: 'Open picture: red-circle.png, with the left half, Point 1' })
    const [box, point] = [sent.locator('[data-drawn="0"]'), sent.locator('[data-drawn="1"]')]
    const around = (await sent.locator('img').boundingBox())!
    const at = (await box.boundingBox())!
    expect((at.x - around.x) / around.width).toBeCloseTo(0.25, 1)
    expect((at.y - around.y) / around.height).toBeCloseTo(0.25, 1)
    expect(at.width / around.width).toBeCloseTo(0.25, 1)
    expect(at.height / around.height).toBeCloseTo(0.5, 1)
    await expect(point).toContainText('Point 1')
    await sent.click()
    // where others may be marked to ask about a part, and these stay as they are
    const shown = chat.page.getByRole('dialog', { name: 'red-circle.png' })
    await expect(shown.locator('[data-drawn]')).toHaveCount(2)
    await expect(shown.locator('[data-marking]')).toHaveCount(0)
  })
})
