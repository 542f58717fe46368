import { homedir } from 'node:os'
import { expect, test } from '../support/fixtures.ts'

test('diagnostics show and copy versions, the plan of the loaded model and the log, without what was asked', async ({
  chat,
  shell,
}) => {
  const { page } = chat
  await chat.ask('Quizzaciously, what is this?')
  await chat.ended()
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('button', { name: 'Open', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Diagnostics' })
  await expect(dialog.getByRole('region', { name: 'App' })).toContainText('Node')
  await expect(dialog.getByRole('region', { name: 'Libraries' })).toContainText(/llama\.cppv\d/)
  await expect(dialog.getByRole('region', { name: 'Model in memory' })).toContainText(/Layers on the GPU\d+ of \d+/)
  await page.evaluate(() => {
    navigator.clipboard.writeText = (text) => {
      document.body.dataset['copied'] = text
      return Promise.resolve()
    }
  })
  await dialog.getByRole('button', { name: 'Copy all' }).click()
  await expect(dialog.getByRole('button', { name: 'Copied' })).toBeVisible()
  const copied = await page.evaluate(() => document.body.dataset['copied'] ?? '')
  expect(copied).toContain('Last errors')
  expect(copied).toMatch(/engine work \[[0-9a-f]+\] op=answer ms=\d+/)
  if (shell === 'electron') expect(copied).toContain('main main.started')
  expect(copied).not.toContain('Quizzaciously')
  expect(copied).not.toContain(homedir())
  await dialog.getByRole('button', { name: /^Log/ }).click()
  await expect(dialog.getByLabel('Log', { exact: true })).toContainText('core.started')
})
