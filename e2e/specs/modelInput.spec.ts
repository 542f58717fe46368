import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator } from '@playwright/test'
import sharp from 'sharp'
import { addModel } from '../pages/models.ts'
import { video, VideoPage } from '../pages/video.ts'
import { seriousProblems } from '../support/axe.ts'
import { root } from '../support/electronProgram.ts'
import { expect, test } from '../support/fixtures.ts'

/** The place of a picture on the screen, once it is there. */
async function placeOf(picture: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth ?? 1)).toBeGreaterThan(0)
  return (await picture.boundingBox())!
}

test('what the model saw of a picture stands beside it: both are zoomed and moved together, and cells tell their positions', async ({
  chat,
}) => {
  const { page } = chat
  await chat.drop('red-circle.png')
  await chat.ask('What is in the picture?')
  await chat.ended()
  // with the keyboard: the picture, its viewer, what the model saw
  await page.getByRole('button', { name: /^Open picture/ }).press('Enter')
  await expect(page.getByRole('dialog', { name: 'red-circle.png' })).toBeVisible()
  await page.keyboard.press('s')
  const dialog = page.getByRole('dialog', { name: 'What the model saw' })
  await expect(dialog).toBeVisible()
  const figures = dialog.getByRole('region', { name: 'Figures' })
  await expect(figures).toContainText('Demo')
  await expect(figures).toContainText('112 × 112 px')
  await expect(figures).toContainText('16 tokens: 4 × 4, each 28 × 28 px')
  await expect(figures).toContainText(/Positions\s*t \d+, h \d+–\d+, w \d+–\d+/)
  await expect(figures).toContainText(/Computed in|From memory/)

  const original = dialog.getByRole('img', { name: 'red-circle.png as it came' })
  const input = dialog.getByRole('img', { name: 'red-circle.png as the model got it' })
  const [one, other] = [await placeOf(original), await placeOf(input)]
  expect(other.width).toBeCloseTo(one.width, 0)
  await input.hover({ position: { x: other.width * 0.9, y: other.height * 0.1 } })
  const cell = dialog.getByTestId('cell')
  await expect(cell).toContainText('Row 1 of 4, column 4 of 4')
  await expect(cell).toContainText('Token 4 of 16')
  await page.keyboard.press('ArrowDown')
  await expect(cell).toContainText('Row 2 of 4, column 4 of 4')
  await expect(cell).toContainText(/Position t \d+ h \d+ w \d+/)

  for (let i = 0; i < 3; i++) await page.keyboard.press('+')
  const larger = await placeOf(original)
  expect(larger.width).toBeGreaterThan(one.width * 3)
  expect((await placeOf(input)).width).toBeCloseTo(larger.width, 0)
  const from = { x: one.x + one.width / 2, y: one.y + one.height / 2 }
  await page.mouse.move(from.x, from.y)
  await page.mouse.down()
  await page.mouse.move(from.x - 60, from.y - 30, { steps: 4 })
  await page.mouse.up()
  const [movedOne, movedOther] = [await placeOf(original), await placeOf(input)]
  expect(movedOne.x).toBeCloseTo(larger.x - 60, 0)
  expect(movedOther.y - other.y).toBeCloseTo(movedOne.y - one.y, 0)
  await page.keyboard.press('0')
  expect((await placeOf(original)).width).toBeCloseTo(one.width, 0)

  await expect(dialog.getByTestId('overlay-grid')).toHaveCount(2)
  await page.keyboard.press('g')
  await expect(dialog.getByTestId('overlay-grid')).toHaveCount(0)
  expect(await seriousProblems(page)).toEqual([])

  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
})

test('what the model saw is saved: its exact pixels, and both side by side', async ({ chat, shell }) => {
  test.skip(shell === 'electron', 'The stand-in for Electron does not tell of downloads.')
  const { page } = chat
  await chat.drop('red-circle.png')
  await chat.ask('What is in the picture?')
  await chat.ended()
  await chat.questions.first().getByRole('button', { name: 'What the model saw' }).click()
  const dialog = page.getByRole('dialog', { name: 'What the model saw' })
  await placeOf(dialog.getByRole('img', { name: 'red-circle.png as it came' }))
  const download = page.waitForEvent('download')
  await dialog.getByRole('button', { name: 'Save as' }).click()
  await page.getByRole('menuitem', { name: 'Model input (PNG)' }).click()
  const saved = await download
  expect(saved.suggestedFilename()).toBe('red-circle-input-112x112.png')
  expect(await sharp(readFileSync(await saved.path())).metadata()).toMatchObject({ width: 112, height: 112 })
  const comparison = page.waitForEvent('download')
  await dialog.getByRole('button', { name: 'Save as' }).click()
  await page.getByRole('menuitem', { name: 'Comparison (PNG)' }).click()
  expect((await sharp(readFileSync(await (await comparison).path())).metadata()).width).toBeGreaterThan(1440)
})

test('of a video it shows the frames on their line of time, in pairs', async ({ chat }) => {
  const { page } = chat
  await chat.drop(video('right-then-down.mp4'))
  await expect(new VideoPage(page).tiles).toHaveCount(1)
  await chat.ask('Which way does it move?')
  await chat.ended()
  await page
    .getByRole('figure', { name: /^Video:/ })
    .getByRole('button', { name: 'What the model saw' })
    .click()
  const dialog = page.getByRole('dialog', { name: 'What the model saw' })
  const pairs = dialog.getByRole('list', { name: 'Frames in their pairs' }).getByRole('listitem')
  await expect(pairs).toHaveCount(6)
  const figures = dialog.getByRole('region', { name: 'Figures' })
  await expect(figures).toContainText('1 of 6, 0:00.0 and 0:00.5')
  const input = dialog.getByRole('img', { name: 'right-then-down.mp4 as the model got it' })
  const first = await input.getAttribute('src')
  await placeOf(input)
  await dialog.getByRole('button', { name: 'Frame 1 at 0:00.0' }).focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  await expect(dialog.getByRole('button', { name: 'Frame 3 at 0:01.1' })).toBeFocused()
  await expect(figures).toContainText('2 of 6, 0:01.1 and 0:01.6')
  await expect(input).not.toHaveAttribute('src', first!)
  await placeOf(input)
  const player = dialog.locator('video')
  await expect.poll(() => player.evaluate((element: HTMLVideoElement) => element.currentTime)).toBeCloseTo(1.1, 1)
})

test.describe('Qwen2.5-VL', () => {
  const goldens = join(root, 'main/testing/goldens/qwen25vl')
  test.use({ chosen: { maxTokens: 4 } })

  test('has windows, which are shown and hidden', async ({ chat }) => {
    const { page } = chat
    await addModel(page, { text: join(goldens, 'model-f32.gguf'), projector: join(goldens, 'mmproj-f32.gguf') })
    await chat.drop('four-shapes.png')
    await chat.ask('What is in the picture?')
    await chat.ended()
    const picture = chat.questions.first()
    await picture.getByRole('button', { name: /^Open picture/ }).hover()
    await picture.getByRole('button', { name: 'What the model saw' }).click()
    const dialog = page.getByRole('dialog', { name: 'What the model saw' })
    await expect(dialog.getByTestId('overlay-windows')).toHaveCount(2)
    await expect(dialog.getByRole('region', { name: 'Figures' })).toContainText(/Windows\s*\d+ of 4\s×\s4 tokens/)
    await page.keyboard.press('ArrowRight')
    await expect(dialog.getByTestId('cell')).toContainText(/Window \d+ of \d+/)
    await dialog.getByRole('button', { name: 'Windows' }).click()
    await expect(dialog.getByTestId('overlay-windows')).toHaveCount(0)
  })
})
