import AxeBuilder from '@axe-core/playwright'
import type { Locator } from '@playwright/test'
import { ModelPanel } from '../pages/models.ts'
import { SettingsDialog } from '../pages/settings.ts'
import { expect, test } from '../support/fixtures.ts'

/** The bytes of a device's figures, in their order; its total is the last. */
const figures = async (device: Locator): Promise<number[]> =>
  (await device.locator('data').evaluateAll((all: HTMLDataElement[]) => all.map(({ value }) => value))).map(Number)

/** The same figures as they are read, all in one unit. */
async function shown(device: Locator): Promise<{ numbers: number[]; units: Set<string> }> {
  const texts = await device.locator('data').allTextContents()
  return { numbers: texts.map(Number.parseFloat), units: new Set(texts.map((text) => text.replace(/[\d.,\s]+/, ''))) }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

test('after an answer the model chip tells how the model runs, with figures that add up', async ({ chat }) => {
  const model = new ModelPanel(chat.page)
  await model.open('Enter')
  await expect(model.panel).toContainText('Loads with the first question')
  await expect(model.how).toBeHidden()
  await model.close()

  await chat.drop('red-circle.png')
  await chat.ask('What is in the picture?')
  await chat.ended()
  await model.open('Space')
  // either the processor and why no graphics card, or a graphics card with the model's layers
  await expect(model.how).toContainText(/CPU.*No graphics card is used: .+\.|(CUDA|Vulkan|Metal) · .+ layers/)
  await expect(model.how).toContainText(/Context[\d.,\s]+tokens/)
  await expect(model.how).toContainText(/Process memory now[\d.,\s]+[MG]B/)
  const devices = model.how.getByRole('region', { name: /^Memory: / })
  await expect(devices.first()).toHaveAccessibleName('Memory: This computer')
  for (const device of await devices.all()) {
    const bytes = await figures(device)
    const total = bytes.pop()
    expect(bytes.length).toBeGreaterThan(2)
    expect(Math.min(...bytes)).toBeGreaterThan(0)
    expect(sum(bytes)).toBe(total)
    const { numbers, units } = await shown(device)
    const shownTotal = numbers.pop() ?? NaN
    expect(units.size).toBe(1)
    expect(sum(numbers)).toBeCloseTo(shownTotal, 5)
  }
  for (const kind of ['Weights', 'Projector', 'Context (KV)', 'Pictures', 'Other'])
    await expect(model.how.getByText(kind, { exact: true }).first()).toBeVisible()
  await model.close()
})

test('the model chip tells what looks at pictures, and the settings choose how from the next question on', async ({
  chat,
}) => {
  const model = new ModelPanel(chat.page)
  const settings = new SettingsDialog(chat.page)
  await chat.ask('Hello')
  await chat.ended()
  await model.open('Enter')
  // a graphics card follows no choice
  await expect(model.how).toContainText(/Looks at pictures with.+ · Balanced|(CUDA|Vulkan|Metal) · /)
  await model.close()
  await settings.open()
  await settings.chooseVision('Exact')
  await settings.close()
  await chat.ask('Hello again')
  await chat.ended()
  await model.open('Enter')
  await expect(model.how).toContainText(/ · Exact|(CUDA|Vulkan|Metal) · /)
  await model.close()
})

/** Where something stands once the window has found its place for it. */
async function settled(locator: Locator): Promise<unknown> {
  let last: unknown = null
  await expect(async () => {
    const before = last
    last = await locator.boundingBox()
    expect(last).toEqual(before)
  }).toPass()
  return last
}

test('the panel stays inside of small windows, and nothing beside it moves', async ({ chat }) => {
  await chat.page.emulateMedia({ reducedMotion: 'reduce' })
  await chat.ask('Hello')
  await chat.ended()
  const model = new ModelPanel(chat.page)
  for (const [width, height] of [
    [600, 800],
    [360, 420],
  ] as const) {
    await chat.page.setViewportSize({ width, height })
    const before = await settled(chat.question)
    await model.open('Enter')
    await expect(model.panel).toBeFocused()
    const { x, y, width: across, height: down } = (await model.panel.boundingBox())!
    expect(Math.min(x, y)).toBeGreaterThanOrEqual(0)
    expect(x + across).toBeLessThanOrEqual(width)
    expect(y + down).toBeLessThanOrEqual(height)
    await chat.page.keyboard.press('Tab')
    await expect(model.panel.getByRole('button', { name: 'Choose a model' })).toBeFocused()
    await expect(model.panel.getByRole('button', { name: 'Choose a model' })).toBeInViewport({ ratio: 1 })
    expect(await chat.question.boundingBox()).toEqual(before)
    await model.close()
  }
})

for (const theme of ['Light', 'Dark'] as const) {
  test(`the panel has no serious accessibility problems (${theme.toLowerCase()})`, async ({ chat }) => {
    const { page } = chat
    await page.emulateMedia({ reducedMotion: 'reduce' })
    const settings = new SettingsDialog(page)
    await settings.open()
    await settings.chooseTheme(theme)
    await settings.close()
    await chat.ask('Hello')
    await chat.ended()
    const model = new ModelPanel(page)
    await model.open('Enter')
    await expect(model.how).toBeVisible()
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    expect(serious.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`))).toEqual([])
  })
}
