import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mergeTests } from '@playwright/test'
import { ModelsPage } from '../../pages/models.ts'
import { test as desktopTest } from '../../support/electronFixtures.ts'
import { expect, gated, test as sourceTest } from '../../support/sourceFixtures.ts'

const test = mergeTests(desktopTest, sourceTest)

/** Types the access token that the source of an entry wants. */
async function enterToken(models: ModelsPage): Promise<void> {
  await models.open()
  await models.openEntry(gated.name)
  await models.root.getByRole('textbox', { name: 'Access token for your mirror' }).fill(gated.token)
  await models.root.getByRole('button', { name: 'Keep and try again' }).click()
}

test('the file of a model is shown in the system’s file manager', async ({ desktop: { electron }, models, source }) => {
  await electron.evaluate(({ shell }) => {
    const shown: string[] = []
    Object.assign(globalThis, { shown })
    Object.assign(shell, { showItemInFolder: (path: string) => void shown.push(path) })
  })
  await models.open()
  const particulars = await models.openModel('Demo model')
  await models.unfold(particulars, 'Files')
  await particulars.getByRole('button', { name: 'Show in folder' }).click()
  const shown = () => electron.evaluate(() => (globalThis as unknown as { shown: string[] }).shown)
  await expect.poll(shown).toEqual([join(source.resources, 'demo-model/demo-text-f16.gguf')])
})

test('an access token is kept encrypted, and is there after a restart', async ({ chat, data, desktop, models }) => {
  await enterToken(models)
  await expect(models.root.getByRole('button', { name: 'Download Q4_K_M' })).toBeVisible()
  const kept = Object.values(
    JSON.parse(readFileSync(join(data, 'data/secrets.json'), 'utf8')) as Record<string, string>,
  )
  expect(kept).toHaveLength(1)
  for (const text of [kept[0]!, Buffer.from(kept[0]!, 'base64').toString('latin1')])
    expect(text).not.toContain(gated.token)
  await desktop.quit()
  await desktop.restart()
  await chat.ready()
  const again = new ModelsPage(chat.page)
  await again.open()
  await again.openEntry(gated.name)
  await expect(again.root.getByRole('button', { name: 'Download Q4_K_M' })).toBeVisible()
})

test('a keychain that cannot be used keeps no token, and that is said', async ({
  data,
  desktop: { electron },
  models,
}) => {
  await electron.evaluate(
    ({ safeStorage }) => void Object.assign(safeStorage, { isAsyncEncryptionAvailable: async () => false }),
  )
  await enterToken(models)
  await expect(models.root.getByRole('alert').filter({ hasText: 'keychain' })).toContainText(
    /cannot be used.*Unlock it/,
  )
  expect(() => readFileSync(join(data, 'data/secrets.json'))).toThrow('ENOENT')
})
