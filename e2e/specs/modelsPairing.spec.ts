import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import sharp from 'sharp'
import { readGguf, u32, withEntries, withTensors, writeGguf } from '../../main/testing/ggufEdit.ts'
import { oneFileGguf } from '../../main/testing/ggufOneFile.ts'
import { root } from '../support/electronProgram.ts'
import { expect, test } from '../support/sourceFixtures.ts'

const demo = join(root, 'resources/demo-model')
const goldens = join(root, 'main/testing/goldens/qwen25vl')
/** What the header of the demo model's file calls it, which tells nothing of its family. */
const name = 'TinySight demo'

/** A Qwen2.5-VL projector that gives vectors as wide as the demo model takes them: it does not see with it. */
function strangeProjector(): Buffer {
  const width = 192
  const file = readGguf(readFileSync(join(goldens, 'mmproj-f32.gguf')))
  const wider = withTensors(file, (tensor) => {
    if (!tensor.name.startsWith('mm.2.')) return tensor
    const row = tensor.name.endsWith('weight') ? 256 * 4 : 4
    const bytes = Buffer.concat([tensor.bytes, tensor.bytes]).subarray(0, width * row)
    return { ...tensor, bytes, dims: [...tensor.dims.slice(0, -1), width] }
  })
  return writeGguf(withEntries(wider, { 'clip.vision.projection_dim': u32(width) }))
}

/** The demo model under a name that tells nothing, beside its own projector and one of the other family. */
function writeUnnamedModel(data: string): string {
  const folder = join(data, 'untold')
  mkdirSync(folder, { recursive: true })
  const text = readFileSync(join(demo, 'demo-text-f16.gguf'))
  // another file than the demo model's own
  text.writeUInt8(text.readUInt8(1_400_000) ^ 1, 1_400_000)
  writeFileSync(join(folder, 'something.gguf'), text)
  copyFileSync(join(demo, 'demo-mmproj-f16.gguf'), join(folder, 'mmproj-a.gguf'))
  writeFileSync(join(folder, 'mmproj-b.gguf'), strangeProjector())
  return folder
}

const picture = async () => ({
  name: 'circle.png',
  mimeType: 'image/png',
  buffer: await sharp(join(root, 'resources/samples/red-circle.png')).resize(112).png().toBuffer(),
})

test('where no header tells which projector is right, both answer about one picture, and the choice is kept', async ({
  data,
  models,
}) => {
  const folder = writeUnnamedModel(data)
  const { addDialog, page } = models
  await models.open()
  await models.search(folder)
  const found = addDialog.getByRole('list', { name: 'Found' }).getByRole('listitem')
  await expect(found).toHaveCount(1)
  await expect(found.getByRole('button', { name: `Add ${name}`, exact: true })).toHaveCount(0)
  await found.getByRole('button', { name: `Choose the projector of ${name} and add it` }).click()
  const dialog = page.getByRole('dialog', { name: 'Which projector sees?' })
  await dialog.getByLabel('Picture to try on').setInputFiles(await picture())
  await dialog.getByRole('button', { name: `Ask ${name} about the picture` }).click()
  const [own, other] = ['Qwen2-VL', 'Qwen2.5-VL'].map((label) =>
    dialog.getByRole('listitem', { name: label, exact: true }),
  )
  await expect(own!.getByTestId('reading')).toContainText(/red circle/i)
  await expect(other!.getByTestId('reading')).not.toContainText(/red circle/i)
  await expect(other!.getByRole('button')).toHaveText('This one sees')
  await own!.getByRole('button').click()
  await expect(dialog).toBeHidden()
  await expect(found).toContainText('In the library')
  await models.closeDialog()

  const particulars = await models.openModel(name)
  await models.unfold(particulars, 'Projector')
  await expect(particulars).toContainText('mmproj-a.gguf')
  await particulars.getByRole('button', { name: 'Try others…' }).click()
  await expect(dialog.getByRole('listitem', { name: 'Qwen2-VL', exact: true })).toContainText('in use now')
  await dialog.getByRole('listitem', { name: 'Qwen2.5-VL', exact: true }).getByRole('button').click()
  await expect(particulars).toContainText('mmproj-b.gguf')
  await expect(particulars).toContainText('Qwen2.5-VL')
})

test('trying is stopped, goes on with another question, and a projector that fails says why', async ({
  data,
  models,
}) => {
  const folder = writeUnnamedModel(data)
  const { addDialog, page } = models
  await models.open()
  await models.search(folder)
  const choose = addDialog.getByRole('button', { name: `Choose the projector of ${name} and add it` })
  await expect(choose).toBeVisible()
  // gone since it was found
  writeFileSync(join(folder, 'mmproj-b.gguf'), 'bread')
  await choose.click()
  const dialog = page.getByRole('dialog', { name: 'Which projector sees?' })
  const ask = dialog.getByRole('button', { name: `Ask ${name} about the picture` })
  await ask.click()
  await dialog.getByRole('button', { name: 'Stop' }).click()
  await expect(ask).toBeEnabled()
  await dialog.getByLabel('Question').fill('What do you see?')
  await ask.click()
  const broken = dialog.getByRole('listitem', { name: 'Qwen2.5-VL', exact: true })
  await expect(broken).toContainText('mmproj-b.gguf is not a model in the GGUF format')
  await expect(broken.getByRole('button')).toBeDisabled()
  await expect(dialog.getByRole('listitem', { name: 'Qwen2-VL', exact: true }).getByTestId('reading')).toBeVisible()
  await page.setViewportSize({ width: 360, height: 740 })
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
  expect(
    violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`)),
  ).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
  await dialog.getByRole('button', { name: 'None, answer text only' }).click()
  await expect(addDialog).toContainText('In the library')
  // what is beside a name gives way to it where there is no room for both
  expect(
    (await addDialog.getByRole('list', { name: 'Found' }).getByText(name, { exact: true }).boundingBox())!.width,
  ).toBeGreaterThan(200)
  await models.closeDialog()
  await expect(models.list.getByRole('listitem').filter({ hasText: name })).toContainText('Text only')
})

test('a model that Ollama keeps in one file is taken apart into two', async ({ data, models }) => {
  const bytes = oneFileGguf(
    readFileSync(join(goldens, 'model-f32.gguf')),
    readFileSync(join(goldens, 'mmproj-f32.gguf')),
  )
  const store = join(data, 'ollama')
  const digest = 'a'.repeat(64)
  for (const folder of ['blobs', 'manifests/registry.ollama.ai/library/qwen2.5vl'])
    mkdirSync(join(store, folder), { recursive: true })
  const sha = createHash('sha256').update(bytes).digest('hex')
  writeFileSync(join(store, 'blobs', `sha256-${sha}`), bytes)
  const manifest = (layer: string) =>
    JSON.stringify({
      layers: [{ mediaType: 'application/vnd.ollama.image.model', digest: `sha256:${layer}`, size: bytes.length }],
    })
  writeFileSync(join(store, 'manifests/registry.ollama.ai/library/qwen2.5vl/3b'), manifest(sha))
  writeFileSync(join(store, 'manifests/registry.ollama.ai/library/qwen2.5vl/gone'), manifest(digest))
  const { addDialog } = models
  await models.open()
  await models.search(join(store, 'blobs'))
  const found = addDialog.getByRole('list', { name: 'Found' }).getByRole('listitem')
  await expect(found).toHaveCount(1)
  await expect(found).toContainText(/Ollama.*writes them as two files.*3\.\d MB/s)
  await found.getByRole('button', { name: 'Add qwen2.5vl:3b' }).click()
  await expect(found).toContainText('In the library')
  await addDialog.getByRole('button', { name: 'Search' }).click()
  await expect(found).toContainText('In the library')
  await models.closeDialog()
  const particulars = await models.openModel('qwen2.5vl:3b')
  await expect(particulars).toContainText('Qwen2.5-VL')
  await models.unfold(particulars, 'Files')
  await expect(particulars.getByRole('listitem').filter({ hasText: 'mmproj-qwen2.5vl-3b.gguf' })).toContainText(
    'Projector',
  )
})

test('of hundreds of files the usable ones are shown, the others with their reasons are folded away', async ({
  data,
  models,
}) => {
  const folder = writeUnnamedModel(data)
  for (let i = 0; i < 500; i++) writeFileSync(join(folder, `part-${i}.gguf`), 'bread')
  const { addDialog } = models
  await models.open()
  await models.search(folder)
  await expect(addDialog.getByRole('list', { name: 'Found' }).getByRole('listitem')).toHaveCount(1)
  await addDialog.getByRole('button', { name: /^Cannot be used/ }).click()
  await expect(addDialog.getByRole('list', { name: 'Cannot be used' }).getByRole('listitem')).toHaveCount(500)
  await addDialog.getByLabel('Search the found models').fill('part-49')
  await expect(addDialog.getByRole('listitem')).toHaveCount(11)
  await expect(addDialog.getByRole('listitem').first()).toContainText('is not a model in the GGUF format')
  await addDialog.getByLabel('Search the found models').fill('nothing is called so')
  await expect(addDialog).toContainText('None of them is called that.')
})
