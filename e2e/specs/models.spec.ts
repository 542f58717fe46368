import AxeBuilder from '@axe-core/playwright'
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, readdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { SettingsDialog } from '../pages/settings.ts'
import { root } from '../support/electronProgram.ts'
import { expect, test } from '../support/sourceFixtures.ts'

const demo = join(root, 'resources/demo-model')
/** What the header of the demo model's file calls it. */
const name = 'TinySight demo'

/** Puts a model that is not the demo model to a byte, its projector and a file that is neither into a folder of its own. */
function modelFolder(data: string): string {
  const folder = join(data, 'my models')
  mkdirSync(folder, { recursive: true })
  copyFileSync(join(demo, 'demo-text-f16.gguf'), join(folder, 'Qwen2-VL-sketches-F16.gguf'))
  change(join(folder, 'Qwen2-VL-sketches-F16.gguf'), 1_400_000)
  copyFileSync(join(demo, 'demo-mmproj-f16.gguf'), join(folder, 'mmproj-f16.gguf'))
  copyFileSync(join(root, 'README.md'), join(folder, 'broken.gguf'))
  return folder
}

/** Writes a zero into a file. */
function change(path: string, at: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.of(0), 0, 1, at)
  closeSync(file)
}

test('a model of a folder is found, added where it is, renamed, given defaults, checked and removed', async ({
  chat,
  data,
  models,
}) => {
  const folder = modelFolder(data)
  await models.open()
  await models.page.getByRole('button', { name: 'Add from this computer' }).click()
  const { addDialog, page } = models
  await addDialog.getByLabel('Folder or file').fill(folder)
  await addDialog.getByRole('button', { name: 'Search' }).click()
  const found = addDialog.getByRole('list', { name: 'Found' }).getByRole('listitem')
  await expect(found).toHaveCount(2)
  await expect(found.filter({ hasText: 'broken' })).toContainText(/not a GGUF|is a text file|GGUF/)
  await expect(found.filter({ hasText: 'broken' }).getByRole('button', { name: /^Add/ })).toHaveCount(0)
  await found
    .filter({ hasText: 'Qwen2-VL-sketches-F16' })
    .getByRole('button', { name: `Add ${name}` })
    .click()
  await expect(found.filter({ hasText: 'Qwen2-VL-sketches-F16' })).toContainText('In the library')
  await models.closeDialog()

  const particulars = await models.openModel(name)
  await particulars.getByRole('button', { name: 'Rename' }).click()
  await particulars.getByLabel('Name of the model').fill('Mine')
  await particulars.getByLabel('Name of the model').press('Enter')
  const mine = models.particulars('Mine')
  await mine.getByRole('button', { name: 'Use this model' }).click()
  await expect(mine).toContainText('In use')

  await models.unfold(mine, 'Defaults for this model')
  await expect(mine.getByTestId('placement-cost')).toContainText(/[\d.]+ [MG]B of [\d.]+ GB free memory/)
  const cost = await mine.getByTestId('placement-cost').innerText()
  await mine.getByRole('slider', { name: 'Context' }).press('Home')
  await expect(mine.getByTestId('placement-cost')).not.toHaveText(cost)
  await mine.getByLabel('Longest answer for this model in tokens').fill('2')
  await mine.getByLabel('Longest answer for this model in tokens').press('Tab')
  await expect(mine.getByRole('button', { name: /^Defaults for this model/ })).toContainText('2 changes')
  await models.close()
  await chat.drop('red-circle.png')
  await chat.ask('What is in the picture?')
  const cutOff = await chat.ended()
  expect((await cutOff.getByTestId('answer-text').innerText()).length).toBeLessThan('A red circle.'.length)
  await expect(cutOff).toContainText('Cut off at the longest answer of 2 tokens.')

  await models.open()
  await models.openModel('Mine')
  await models.unfold(mine, 'Defaults for this model')
  await mine.getByRole('button', { name: 'Everything as in the settings' }).click()
  await expect(mine.getByRole('button', { name: /^Defaults for this model/ })).not.toContainText('change')

  await models.unfold(mine, 'Files')
  await expect(mine.getByRole('listitem').filter({ hasText: 'Qwen2-VL-sketches-F16' })).toContainText('not checked yet')
  await mine.getByRole('button', { name: 'Check the files' }).click()
  await expect(mine.getByRole('listitem').filter({ hasText: 'Qwen2-VL-sketches-F16' })).toContainText(
    'checked, its source tells no digest',
  )
  for (let at = 1_500_000; at < 1_500_100; at++) change(join(folder, 'Qwen2-VL-sketches-F16.gguf'), at)
  await mine.getByRole('button', { name: 'Check the files' }).click()
  await expect(mine.getByRole('listitem').filter({ hasText: 'Qwen2-VL-sketches-F16' })).toContainText(
    'changed since it was added',
  )
  await expect(models.list.getByRole('listitem').filter({ hasText: 'Mine' })).toContainText('Files changed')

  await mine.getByRole('button', { name: 'Remove this model…' }).click()
  const confirm = page.getByRole('alertdialog')
  await expect(confirm).toContainText('the demo model takes its place')
  await expect(confirm).toContainText('they stay where they are')
  await expect(confirm).toContainText('It answered last in 1 conversation')
  await expect(confirm).toContainText('What is in the picture?')
  await confirm.getByRole('button', { name: 'Remove from the list' }).click()
  await expect(models.list.getByRole('listitem')).toHaveCount(1)
  expect(existsSync(join(folder, 'Qwen2-VL-sketches-F16.gguf'))).toBe(true)
})

test('a model is copied into the models folder, known again, and deleted with its files', async ({
  data,
  models,
  shell,
}) => {
  const folder = modelFolder(data)
  const kept = join(data, shell === 'electron' ? 'data/models' : 'models')
  await models.open()
  await models.page.getByRole('button', { name: 'Add from this computer' }).click()
  const { addDialog, page } = models
  await addDialog.getByLabel('Folder or file').fill(folder)
  await addDialog.getByRole('button', { name: 'Search' }).click()
  await addDialog.getByRole('radio', { name: 'As a copy' }).click()
  const found = addDialog.getByRole('listitem').filter({ hasText: 'Qwen2-VL-sketches-F16' })
  await found.getByRole('button', { name: `Add ${name}` }).click()
  await expect(found).toContainText('In the library')
  expect(readdirSync(kept, { recursive: true }).filter((path) => String(path).endsWith('.gguf'))).toHaveLength(2)
  await addDialog.getByRole('button', { name: 'Search' }).click()
  await expect(found).toContainText('In the library')
  await models.closeDialog()

  await expect(models.root.getByRole('region', { name: 'Space' })).toContainText('7.4 MB of models')
  const particulars = await models.openModel(name)
  await particulars.getByRole('button', { name: 'Remove this model…' }).click()
  await expect(page.getByRole('checkbox', { name: /Delete its files too, which frees 7\.4 MB/ })).toBeChecked()
  await page.getByRole('button', { name: 'Remove and delete files' }).click()
  await expect(models.list.getByRole('listitem')).toHaveCount(1)
  expect(readdirSync(kept, { recursive: true }).filter((path) => String(path).endsWith('.gguf'))).toHaveLength(0)
})

test('the models folder is moved with what is in it, and says why when it cannot be', async ({ data, models }) => {
  const folder = modelFolder(data)
  await models.open()
  await models.page.getByRole('button', { name: 'Add from this computer' }).click()
  await models.addDialog.getByLabel('Folder or file').fill(folder)
  await models.addDialog.getByRole('button', { name: 'Search' }).click()
  await models.addDialog.getByRole('radio', { name: 'As a copy' }).click()
  await models.addDialog.getByRole('button', { name: `Add ${name}` }).click()
  await expect(models.addDialog.getByText('In the library')).toBeVisible()
  await models.closeDialog()
  const space = models.root.getByRole('region', { name: 'Space' })
  const move = async (to: string) => {
    await space.getByLabel('New models folder').fill(to)
    await space.getByRole('button', { name: 'Move', exact: true }).click()
  }
  await space.getByRole('button', { name: 'Move…' }).click()
  await move(join(folder, 'Qwen2-VL-sketches-F16.gguf'))
  await expect(space.getByRole('alert')).toBeVisible()
  await move(join(data, 'elsewhere'))
  await expect(space).toContainText(join(data, 'elsewhere'))
  await expect(space.getByLabel('New models folder')).toHaveCount(0)
  const particulars = await models.openModel(name)
  await particulars.getByRole('button', { name: 'Use this model' }).click()
  await particulars.getByRole('button', { name: 'Load now' }).click()
  await expect(particulars).toContainText('In use, in memory')
  await particulars.getByRole('button', { name: 'Unload' }).click()
  await expect(particulars).toContainText('loads with the first question')
})

test('the page is gone through with the keyboard, kept by a reload, and left with Escape', async ({ chat, models }) => {
  const { page } = models
  await chat.ask('Hello')
  await chat.ended()
  await page.getByTestId('model-chip').press('Enter')
  await page.getByRole('button', { name: 'Choose a model' }).press('Enter')
  await expect(models.root).toBeVisible()
  await models.list.getByRole('button', { name: 'Demo model', exact: true }).press('Enter')
  await expect(models.particulars('Demo model')).toBeFocused()
  await page.reload()
  await expect(models.particulars('Demo model')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(models.particulars('Demo model')).toBeHidden()
  await page.getByRole('tab', { name: 'On this computer' }).focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('tab', { name: 'Get a model' })).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('Escape')
  await expect(models.root).toBeHidden()
  await expect(chat.question).toBeVisible()
})

test('the model chip switches to another model, loads it and takes it out of memory', async ({
  chat,
  data,
  models,
}) => {
  const folder = modelFolder(data)
  await models.open()
  await models.openPaths()
  await models.fillPaths({
    text: join(folder, 'Qwen2-VL-sketches-F16.gguf'),
    projector: join(folder, 'mmproj-f16.gguf'),
  })
  await expect(models.addDialog.getByLabel('Language model', { exact: true })).toHaveValue('')
  await models.closeDialog()
  await models.close()
  const { page } = chat
  const chip = page.getByTestId('model-chip')
  await expect(chip).toContainText(name)
  await chip.press('Enter')
  await page.getByRole('region', { name: 'Switch to' }).getByRole('button', { name: 'Demo model' }).press('Enter')
  await expect(chip).toContainText('Demo model')
  await chip.press('Enter')
  await page.getByRole('button', { name: 'Load now' }).press('Enter')
  await expect(chip).toHaveAttribute('data-state', 'ready')
  await page.getByRole('button', { name: 'Unload' }).press('Enter')
  await expect(chip).toHaveAttribute('data-state', 'off')
})

test('the speed of a model is measured, and an adapter that is none is refused', async ({ models }) => {
  await models.open()
  const particulars = await models.openModel('Demo model')
  await models.unfold(particulars, 'Speed')
  await particulars.getByRole('button', { name: 'Measure' }).click()
  await expect(particulars.getByRole('button', { name: 'Measure again' })).toBeVisible({ timeout: 90_000 })
  const pictures = particulars.getByRole('table', { name: 'Time for a picture by its size' })
  await expect(pictures.getByRole('row').nth(1)).toContainText(/\d+ × \d+.*\d (ms|s)/)
  await expect(particulars.getByRole('list', { name: 'Left out' })).toContainText(
    'The model was trained for 4,096 tokens',
  )
  await models.unfold(particulars, 'Speed')
  await models.unfold(particulars, 'Adapters')
  await particulars.getByLabel('LoRA adapter').fill(join(demo, 'demo-mmproj-f16.gguf'))
  await particulars.getByRole('button', { name: 'Add adapter' }).click()
  await expect(particulars.getByRole('alert')).toContainText(/adapter/i)
})

test('sources are asked in the order of the settings', async ({ models, source }) => {
  await models.open()
  await models.part('Get a model')
  await models.page.getByRole('button', { name: 'Where models come from' }).click()
  const sources = models.page.getByRole('list', { name: 'Sources' }).getByRole('listitem')
  await expect(sources.first()).toContainText('A mirror of Hugging Face')
  await expect(sources.getByRole('checkbox', { checked: true })).toHaveCount(1)
  const address = models.page.getByLabel('Address of the mirror')
  await address.fill('ftp://host')
  await expect(sources.getByRole('alert')).toContainText('https://host')
  await address.fill(`${source.server.address}/nothing`)
  await address.press('Enter')
  await models.openEntry('Tiny 2B')
  await expect(models.root.getByRole('alert').first()).toBeVisible()
  await address.fill(source.server.address)
  await address.press('Enter')
  await expect(models.root.getByText('Recommended')).toBeVisible()
})

test('a picture that is dropped on the page joins the question', async ({ chat, models }) => {
  await models.open()
  await chat.drop('red-circle.png')
  await expect(models.root).toBeHidden()
  await expect(chat.tray).toHaveCount(1)
})

for (const theme of ['Light', 'Dark'] as const) {
  test(`no part of the page has serious accessibility problems or is cut off at 360 px (${theme.toLowerCase()})`, async ({
    models,
  }) => {
    const { page } = models
    await page.emulateMedia({ reducedMotion: 'reduce' })
    const settings = new SettingsDialog(page)
    await settings.open()
    await settings.chooseTheme(theme)
    await settings.close()
    await models.open()
    await page.setViewportSize({ width: 360, height: 740 })
    const check = async (what: string) => {
      const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
      expect
        .soft(
          serious.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`)),
          what,
        )
        .toEqual([])
      expect.soft(await page.evaluate(() => document.documentElement.scrollWidth), what).toBeLessThanOrEqual(360)
    }
    await check('list')
    const particulars = await models.openModel('Demo model')
    for (const line of ['Defaults for this model', 'Speed', 'Adapters', 'Files']) await models.unfold(particulars, line)
    await expect(particulars.getByTestId('placement-cost')).toBeVisible()
    await check('particulars')
    await particulars.getByRole('button', { name: 'Back to the list' }).click()
    await models.openEntry('Tiny 2B')
    await expect(models.root.getByText('Recommended')).toBeVisible()
    await check('catalogue')
    await models.root.getByRole('button', { name: 'Download Q4_K_M' }).click()
    await models.part('Downloads')
    await expect(models.downloads).toContainText('Downloaded and verified')
    await check('downloads')
    await models.part('On this computer')
    await page.getByRole('button', { name: 'Add from this computer' }).click()
    await expect(models.addDialog.getByText(/No models were found|Add them/).first()).toBeVisible()
    await check('adding')
  })
}
