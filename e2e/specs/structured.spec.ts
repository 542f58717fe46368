import { readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { expect, test } from '../support/fixtures.ts'

/** Chooses in the menu of answer formats. */
async function chooseFormat(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole('button', { name: /^Answer format/ }).click()
  await page.getByRole('menuitem', { name }).click()
}

test('an answer of a ready format is a table with its boxes on the picture, and is exported', async ({
  chat,
  shell,
}) => {
  const { page } = chat
  await chat.drop('red-circle.png')
  await chooseFormat(page, 'Objects with boxes')
  await expect(page.getByTestId('format-chip')).toHaveText('Objects with boxes')
  await chat.ask('Give the box of the red circle as JSON.')
  const answer = await chat.ended()
  await expect(chat.questions.first()).toContainText('Answer as: Objects with boxes')
  await expect(page.getByTestId('format-chip')).toHaveCount(0)

  const table = answer.getByRole('table')
  await expect(table.getByRole('columnheader')).toHaveText(['bbox_2d', 'label'])
  const rows = table.locator('tbody tr')
  await expect(rows.first()).toContainText(/red circle/i)
  await expect(answer.locator('[data-structured]')).toHaveAttribute('data-structured', 'whole')

  // a row and its box light each other
  const mark = answer.locator('[data-mark="0"]')
  await rows.first().hover()
  await expect(mark).toHaveCSS('border-top-width', '3px')
  await mark.hover()
  await expect(rows.first()).toHaveAttribute('data-lit', 'true')

  await answer.getByRole('button', { name: 'Text', exact: true }).click()
  const text = await answer.getByLabel('Text of the answer').innerText()
  const value = JSON.parse(text) as { bbox_2d: number[]; label: string }[]
  expect(value).toHaveLength(1)
  expect(value[0]!.bbox_2d).toHaveLength(4)
  expect(value[0]!.label).toMatch(/red circle/i)

  if (shell === 'electron') return // its stand-in does not tell of downloads
  const save = async (kind: 'CSV' | 'JSON'): Promise<{ name: string; text: string }> => {
    const download = page.waitForEvent('download')
    await answer.getByRole('button', { name: 'Export the answer' }).click()
    await page.getByRole('menuitem', { name: kind, exact: true }).click()
    const file = await download
    return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') }
  }
  const json = await save('JSON')
  expect(json.name).toBe('objects-with-boxes.json')
  expect(JSON.parse(json.text)).toEqual(value)
  const csv = await save('CSV')
  expect(csv.name).toBe('objects-with-boxes.csv')
  expect(csv.text).toBe(
    `bbox_2d,label\r\n${value.map(({ bbox_2d, label }) => `"${bbox_2d.join(', ')}",${label}\r\n`).join('')}`,
  )
})

test('a schema of one’s own is checked while it is written, holds the answer and every retry, and is offered again', async ({
  chat,
}) => {
  const { page } = chat
  await chat.drop('red-circle.png')
  await chooseFormat(page, /Own JSON schema/)
  const dialog = page.getByRole('dialog', { name: 'Own JSON schema' })
  const schema = dialog.getByRole('textbox', { name: 'JSON schema' })
  const use = dialog.getByRole('button', { name: 'Use this format' })
  await expect(use).toBeDisabled()
  await schema.fill('{\n  "type": "object",\n  "properties": { "shape": }\n}')
  await expect(dialog.getByRole('alert')).toContainText('line 3, column 28: a value is expected')
  await dialog.getByRole('button', { name: 'Show the place' }).click()
  expect(
    await schema.evaluate((field: HTMLTextAreaElement) => field.value.slice(field.selectionStart, field.selectionEnd)),
  ).toBe('}')
  await schema.fill('{"type": "object", "properties": {"shape": {"type": "string", "pattern": "a+"}}}')
  await expect(dialog.getByRole('alert')).toContainText('"shape" uses "pattern", which an answer cannot be held to')
  await expect(use).toBeDisabled()

  const own = {
    title: 'Shape',
    type: 'object',
    properties: { shape: { enum: ['ring', 'circle'] }, sure: { type: 'boolean' } },
    required: ['shape', 'sure'],
  }
  await schema.fill(JSON.stringify(own))
  await expect(dialog.getByRole('alert')).toHaveCount(0)
  await use.click()
  await expect(dialog).toBeHidden()
  await expect(page.getByTestId('format-chip')).toHaveText('Shape')
  await expect(chat.questions, 'the dialog sends nothing').toHaveCount(0)

  await chat.ask('What shape is it?')
  for (const way of ['asked', 'again']) {
    if (way === 'again') await chat.answers.last().getByRole('button', { name: 'Answer again' }).click()
    const answer = await chat.ended()
    if (way === 'again') await expect(answer.getByRole('group', { name: 'Version 2 of 2' })).toBeVisible()
    await expect(answer.getByRole('term')).toHaveText(['shape', 'sure'])
    await expect(answer.getByRole('definition').first()).toHaveText(/^(ring|circle)$/)
    await expect(answer.getByRole('definition').last()).toHaveText(/^(yes|no)$/)
  }
  await page.reload()
  await expect(chat.answers.first().getByRole('term')).toHaveText(['shape', 'sure'])
  await chooseFormat(page, 'Shape')
  await expect(page.getByTestId('format-chip')).toHaveText('Shape')
  await page.getByRole('button', { name: 'No answer format' }).click()
  await expect(page.getByTestId('format-chip')).toHaveCount(0)
})
