import AxeBuilder from '@axe-core/playwright'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/electronProgram.ts'
import { expect, test } from '../support/sourceFixtures.ts'

const demo = join(root, 'resources/demo-model')

test('a found file and a model of the library show what they are, which tool made them and whether they run', async ({
  data,
  models,
}) => {
  const folder = join(data, 'my models')
  mkdirSync(folder, { recursive: true })
  copyFileSync(join(demo, 'demo-text-f16.gguf'), join(folder, 'sketches.gguf'))
  copyFileSync(join(demo, 'demo-mmproj-f16.gguf'), join(folder, 'mmproj-f16.gguf'))
  copyFileSync(join(root, 'README.md'), join(folder, 'broken.gguf'))
  await models.open()
  await models.page.getByRole('button', { name: 'Add from this computer' }).click()
  const { addDialog, page } = models
  await addDialog.getByLabel('Folder or file').fill(folder)
  await addDialog.getByRole('button', { name: 'Search' }).click()

  await addDialog.getByRole('button', { name: 'What TinySight demo is' }).click()
  const sheet = page.getByRole('dialog', { name: 'What TinySight demo is' })
  await expect(sheet.getByRole('region', { name: 'sketches.gguf' })).toContainText(/Role\s*language model/i)
  await expect(sheet.getByRole('region', { name: 'sketches.gguf' })).toContainText(/Family\s*not told by its header/i)
  await expect(sheet.getByRole('region', { name: 'mmproj-f16.gguf' })).toContainText(
    /Family\s*Qwen2-VL, by its projector type/i,
  )
  await expect(sheet.getByRole('list', { name: 'What belongs together' })).toContainText(
    'sketches.gguf and mmproj-f16.gguf may belong together',
  )
  expect((await new AxeBuilder({ page }).setLegacyMode(true).analyze()).violations).toEqual([])
  await sheet.getByRole('button', { name: 'Close' }).click()

  await addDialog.getByRole('button', { name: 'What broken.gguf is' }).click()
  await expect(page.getByRole('dialog', { name: 'What broken.gguf is' })).toContainText(
    /Runs\s*no: broken\.gguf is not a model in the GGUF format/i,
  )
  await page.keyboard.press('Escape')
  await models.closeDialog()

  const particulars = await models.openModel('Demo model')
  await models.unfold(particulars, 'Files')
  await particulars.getByRole('button', { name: /^What .* is$/ }).click()
  await expect(page.getByRole('dialog', { name: /^What .* is$/ })).toContainText(/Runs\s*yes/i)
})
