import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { writeZip } from '../../../main/features/exchange/zip.ts'
import { Exchange } from '../../pages/exchange.ts'
import { Sidebar } from '../../pages/sidebar.ts'
import { expect, test } from '../../support/fixtures.ts'

const samples = join(import.meta.dirname, '../../../resources/samples')
const circle = join(samples, 'red-circle.png')
const square = join(samples, 'blue-square.png')

test('a conversation is saved with everything, deleted, and imported again with its picture', async ({
  chat,
}, info) => {
  const { page } = chat
  const exchange = new Exchange(page)
  await chat.drop('red-circle.png')
  await chat.ask('What is this?')
  const said = await (await chat.ended()).innerText()
  const saved = await exchange.save('What is this?', 'Everything, as JSON')
  expect(saved.suggestedFilename()).toBe('What is this_.zip')
  const path = info.outputPath('saved.zip')
  await saved.saveAs(path)

  const sidebar = new Sidebar(page)
  await exchange.menu('What is this?', 'Delete')
  await sidebar.menu(/^Trash/)
  await sidebar.nav.getByRole('button', { name: 'Empty the trash' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete for good' }).click()
  await expect(page.getByTitle('What is this?')).toHaveCount(0)
  await sidebar.nav.getByRole('button', { name: 'Back to the list' }).click()

  await exchange.openImport()
  await expect(await exchange.importFiles(path)).toHaveText(
    '1 conversation from Sightline: 2 messages and 1 picture or video.',
  )
  await exchange.openImported('What is this?')
  await expect(chat.questions).toContainText('What is this?')
  const picture = chat.questions.getByRole('button', { name: 'Open picture: red-circle.png' }).getByRole('img')
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0)
  expect(await (await chat.ended(0)).innerText()).toBe(said)

  await exchange.openImport()
  await expect(await exchange.importFiles(path)).toHaveText(
    'Nothing new from Sightline: its conversation is here already.',
  )
  await exchange.importDialog.getByRole('button', { name: 'Done' }).click()

  // what is only in the trash comes back out of it
  await exchange.menu('What is this?', 'Delete')
  await expect(page.getByTitle('What is this?')).toHaveCount(0)
  await exchange.openImport()
  await exchange.importFiles(path)
  await exchange.openImported('What is this?')
  await expect(sidebar.row('What is this?')).toBeVisible()

  // it goes on where it was
  await chat.ask('And its colour?')
  await chat.ended()
  await expect(chat.questions).toHaveCount(2)
})

test('an export of ChatGPT comes with both of its answers and its picture; what it lacks is told', async ({
  chat,
}, info) => {
  const { page } = chat
  const message = (role: string, parts: unknown[]) => ({
    ...{ author: { role }, recipient: 'all', metadata: { model_slug: 'model-x' } },
    content: { content_type: 'multimodal_text', parts },
  })
  const picture = (id: string) => ({ content_type: 'image_asset_pointer', asset_pointer: `sediment://${id}` })
  const conversation = {
    ...{ conversation_id: 'c1', title: 'A shape', create_time: 1_767_225_600, current_node: 'a1' },
    mapping: {
      root: { parent: null, children: ['q'], message: null },
      q: {
        parent: 'root',
        children: ['a1', 'made'],
        message: message('user', [picture('file_0a'), picture('file_0b'), 'Which shape?']),
      },
      a1: { parent: 'q', children: [], message: message('assistant', ['A red circle.']) },
      made: { parent: 'q', children: ['a2'], message: message('tool', [picture('file_0c')]) },
      a2: { parent: 'made', children: [], message: message('assistant', ['It is round.']) },
    },
  }
  const files: Record<string, string | Buffer> = {
    'conversations.json': JSON.stringify([conversation]),
    'file_0a.dat': readFileSync(circle),
    'file_0c.dat': readFileSync(square),
    'conversation_asset_file_names.json': JSON.stringify({ 'file_0a.dat': 'shape.png', 'file_0c.dat': 'drawn.png' }),
  }
  const path = info.outputPath('chatgpt.zip')
  await writeZip(
    path,
    Object.entries(files).map(([name, content]) => ({ name, content: () => Readable.from([Buffer.from(content)]) })),
  )

  const exchange = new Exchange(page)
  await exchange.openImport()
  await expect(await exchange.importFiles(path)).toHaveText(
    '1 conversation from ChatGPT: 3 messages and 2 pictures and videos.',
  )
  await expect(exchange.importDialog.getByRole('region', { name: 'Left out' })).toContainText(
    'Pictures that are not in the export',
  )
  await exchange.openImported('A shape')
  await expect(chat.questions.getByRole('button', { name: 'Open picture: shape.png' })).toBeVisible()
  await expect(chat.questions).toContainText('[Picture that is not in the export]')
  await expect(chat.answers).toContainText('A red circle.')
  await expect(page.getByRole('group', { name: 'Version 1 of 2' })).toBeVisible()
  await chat.button('Next version').click()
  await expect(chat.answers).toContainText('It is round.')
  await expect(chat.answers.getByRole('button', { name: 'Open picture: drawn.png' })).toBeVisible()
  // it goes on from there; what the other program drew is shown, and asked of no model
  await chat.ask('Sure?')
  await chat.ended()
  await expect(chat.answers).toHaveCount(2)
})

test('several conversations of all are saved as pages; one is printed with nothing but what was said', async ({
  chat,
}) => {
  const { page } = chat
  for (const question of ['First?', 'Second?']) {
    await page.getByRole('button', { name: /^New conversation/ }).click()
    await chat.ask(question)
    await chat.ended()
  }
  await page.getByRole('button', { name: 'Settings', exact: true }).click()
  await page.getByRole('button', { name: 'Export…', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Export conversations' })
  await dialog.getByRole('button', { name: /All 2 conversations/ }).click()
  await dialog.getByRole('checkbox', { name: 'First?' }).uncheck()
  const download = page.waitForEvent('download')
  await dialog.getByRole('button', { name: 'Web page' }).click()
  const saved = await download
  expect(saved.suggestedFilename()).toBe('Second_.html')
  expect(readFileSync(await saved.path(), 'utf8')).toContain('<h1>Second?</h1>')

  await page.evaluate(() => {
    window.print = () => void (document.body.dataset['printed'] = document.title)
  })
  await new Exchange(page).menu('First?', 'Export…')
  await page
    .getByRole('dialog', { name: 'Export “First?”' })
    .getByRole('button', { name: 'Print, or save as PDF' })
    .click()
  await expect(page.locator('body')).toHaveAttribute('data-printed', /^First\?/)
  await page.emulateMedia({ media: 'print' })
  await expect(chat.questions).toContainText('First?')
  await expect(page.getByRole('heading', { name: 'First?' })).toBeVisible()
  for (const hidden of [
    chat.question,
    chat.button('Copy answer'),
    page.getByRole('navigation', { name: 'Conversations' }),
  ])
    await expect(hidden).toBeHidden()
})
