import { readFileSync } from 'node:fs'
import { expect, test } from '../support/fixtures.ts'
import { seriousProblems } from '../support/axe.ts'

test('a preset is chosen by / in the question, asks for its variable, sets its settings for the conversation, and is taken off', async ({
  chat,
}) => {
  const { page } = chat
  const chip = page.getByTestId('preset-chip')
  await chat.drop('red-circle.png')
  await expect(chat.tray).toHaveCount(1)
  await chat.question.click()
  await page.keyboard.type('/')
  const menu = page.getByRole('listbox', { name: 'Presets' })
  await expect(menu.getByRole('option')).toHaveCount(13)
  await page.keyboard.type('box')
  await expect(menu.getByRole('option')).toHaveText([/^Find and box/])
  await expect(page.getByRole('combobox', { name: 'Question' })).toHaveAttribute('aria-expanded', 'true')
  expect(await seriousProblems(page)).toEqual([])
  await page.keyboard.press('Escape')
  await expect(menu).toBeHidden()
  await expect(chat.question).toHaveValue('/box')
  await chat.question.fill('/find')
  await page.keyboard.press('Enter')

  // what the variable stands for, put into the question by Enter; nothing was sent
  const dialog = page.getByRole('dialog', { name: 'Find and box' })
  await expect(dialog.getByRole('textbox', { name: 'thing' })).toBeFocused()
  await page.keyboard.type('red circle')
  expect(await seriousProblems(page)).toEqual([])
  await page.keyboard.press('Enter')
  await expect(dialog).toBeHidden()
  await expect(chat.question).toBeFocused()
  await expect(chat.question).toHaveValue(
    'Find every red circle in the picture and give the box of each with a short label.',
  )
  await expect(chip).toHaveText('Find and box')
  await expect(page.getByTestId('format-chip')).toHaveText('Objects with boxes')

  // a second one goes behind what is there
  await page.getByRole('button', { name: 'Preset: Find and box' }).click()
  await page.getByRole('menuitem', { name: 'Describe' }).click()
  await expect(chat.question).toHaveValue(/^Find every red circle.*\nDescribe this picture/s)
  await expect(chip).toBeHidden()

  await chat.question.fill('/alt')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Alt text' }).getByRole('button', { name: 'Put into the question' }).click()
  await expect(chip).toHaveText('Alt text')
  await page.getByRole('button', { name: 'No answer format' }).click()
  await chat.ask('Which colour is it?')
  await expect(await chat.ended()).toContainText(/red/i)
  await page.reload()
  await expect(chip).toHaveText('Alt text')
  await page.getByRole('button', { name: 'Take off the preset Alt text' }).click()
  await expect(chip).toBeHidden()
})

test('a preset of one’s own is made, shared as a file, deleted with undo, and added from a file; a bad file says why', async ({
  chat,
  shell,
}) => {
  const { page } = chat
  await page.getByRole('button', { name: 'Presets', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Edit presets…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Presets' })
  await expect(dialog.getByRole('button', { name: 'New preset' })).toBeVisible()
  expect(await seriousProblems(page)).toEqual([])
  await dialog.getByRole('button', { name: 'New preset' }).click()
  const form = page.getByRole('dialog', { name: 'New preset' })
  await form.getByLabel('Name', { exact: true }).fill('Describe')
  await form.getByLabel('Question').fill('How many {{things}} are there?')
  await form.getByLabel('things').fill('objects')
  await form.getByRole('radio', { name: 'High' }).click()
  expect(await seriousProblems(page)).toEqual([])
  await form.getByRole('button', { name: 'Keep this preset' }).click()
  await expect(form.getByRole('alert')).toContainText('There is a preset “Describe” already.')
  await form.getByLabel('Name', { exact: true }).fill('How many')
  await form.getByRole('button', { name: 'Keep this preset' }).click()
  const own = dialog.getByRole('list', { name: 'Presets: Your own' }).getByRole('listitem')
  await expect(own).toHaveText([/How many/])

  const choose = async (item: string): Promise<void> => {
    await dialog.getByRole('button', { name: 'Options for How many' }).click()
    await page.getByRole('menuitem', { name: item }).click()
  }
  let shared = ''
  if (shell === 'browser') {
    const download = page.waitForEvent('download')
    await choose('Share as a file')
    const file = await download
    expect(file.suggestedFilename()).toBe('how-many.preset.json')
    shared = readFileSync(await file.path(), 'utf8')
  }
  await choose('Delete')
  await expect(own).toHaveCount(0)
  await expect(dialog.getByRole('button', { name: 'Undo' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(own).toHaveText([/How many/])

  if (shell === 'browser') {
    await dialog.locator('input[type=file]').setInputFiles([
      { name: 'shared.json', mimeType: 'application/json', buffer: Buffer.from(shared) },
      { name: 'notes.json', mimeType: 'application/json', buffer: Buffer.from('{"notes": 1}') },
      { name: 'torn.json', mimeType: 'application/json', buffer: Buffer.from(shared.slice(0, 40)) },
    ])
    await expect(own).toHaveText([/^How many(?! 2)/, /How many 2/])
    await expect(dialog.getByRole('alert')).toHaveText([
      /notes\.json holds no preset/,
      /torn\.json is not valid JSON: line/,
    ])
  }
  await page.keyboard.press('Escape')
  await page.reload()
  await chat.ready()
  await chat.question.click()
  await page.keyboard.type('/how many')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog', { name: 'How many' }).getByRole('textbox', { name: 'things' })).toHaveValue(
    'objects',
  )
  await page.keyboard.press('Enter')
  await expect(chat.question).toHaveValue('How many objects are there?')
})

test('the palette finds and does everything by a few letters, and ? tells the keys', async ({ chat }) => {
  const { page } = chat
  await chat.ask('What is a heron?')
  await chat.ended()
  const palette = page.getByRole('dialog', { name: 'Commands' })
  const open = async (query: string, first: RegExp): Promise<void> => {
    await page.keyboard.press('Control+k')
    await expect(palette.getByRole('combobox')).toBeFocused()
    await page.keyboard.type(query)
    await expect(palette.getByRole('option').first()).toHaveText(first)
  }
  await open('new', /^New conversation/)
  expect(await seriousProblems(page)).toEqual([])
  await page.keyboard.press('Enter')
  await expect(palette).toBeHidden()
  await expect(chat.answers).toHaveCount(0)
  await open('heron', /^What is a heron\?Conversation/)
  await palette.getByRole('option').first().click()
  await expect(chat.answers).toHaveCount(1)
  await open('alt', /^Alt textPreset/)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog', { name: 'Alt text' }).getByRole('textbox', { name: 'purpose' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(chat.question).toHaveValue(/^Write alt text for this picture for a web page/)
  await expect(chat.question).toBeFocused()
  await open('theme dark', /^Theme: dark/)
  await page.keyboard.press('Enter')
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  await open('get model', /^Get a model/)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('tab', { name: 'Get a model', selected: true })).toBeVisible()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('zzzz')
  await expect(palette.getByRole('status')).toHaveText('Nothing fits “zzzz”.')
  await page.keyboard.press('Escape')
  await expect(palette).toBeHidden()

  await page.getByRole('tab', { name: 'Get a model' }).focus()
  await page.keyboard.press('?')
  const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await expect(keys).toContainText('Commands, presets, models, conversations')
  expect(await seriousProblems(page)).toEqual([])
})
