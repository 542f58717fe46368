import { ModelsPage } from '../pages/models.ts'
import { SettingsDialog } from '../pages/settings.ts'
import { seriousProblems } from '../support/axe.ts'
import { badFiles } from '../support/badFiles.ts'
import { expect, test } from '../support/fixtures.ts'

for (const theme of ['Light', 'Dark'] as const) {
  test(`the main states have no serious accessibility problems (${theme.toLowerCase()})`, async ({ chat }) => {
    const { page } = chat
    await page.emulateMedia({ reducedMotion: 'reduce' })
    const settings = new SettingsDialog(page)
    await settings.open()
    await settings.chooseTheme(theme)
    expect.soft(await seriousProblems(page), 'settings').toEqual([])
    await settings.close()
    expect.soft(await seriousProblems(page), 'empty app').toEqual([])

    const [bad] = badFiles
    await chat.drop('red-circle.png', 'blue-square.png', ...(bad ? [bad.file] : []))
    await expect(chat.refusals).toHaveCount(1)
    await expect(chat.tray).toHaveCount(2)
    expect.soft(await seriousProblems(page), 'composer with pictures and a refused file').toEqual([])

    await chat.ask('What is in each picture?')
    await chat.ended()
    expect.soft(await seriousProblems(page), 'answered conversation').toEqual([])

    const models = new ModelsPage(page)
    await models.open()
    await models.openModel('Demo model')
    expect.soft(await seriousProblems(page), 'models').toEqual([])
  })
}
