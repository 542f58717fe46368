import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { addModel } from '../pages/models.ts'
import { Sidebar } from '../pages/sidebar.ts'
import { seriousProblems } from '../support/axe.ts'
import { root } from '../support/electronProgram.ts'
import { answered, expect, test } from '../support/seeded.ts'

test.describe('conversations that were had before', () => {
  const names = ['Red', 'Green', 'Blue']
  test.use({
    seed: {
      store(conversations) {
        for (const name of [...names].reverse()) answered(conversations, name, `All about ${name}.`)
      },
    },
  })

  test('are put into folders by dragging, by their menu and by keyboard, and found by their tags', async ({ chat }) => {
    const { page } = chat
    const sidebar = new Sidebar(page)
    const folder = sidebar.nav.getByRole('button', { name: /^Birds/ })
    await sidebar.menu('New folder…')
    await page.getByRole('textbox', { name: 'Name of the folder' }).fill('Birds')
    await page.keyboard.press('Enter')
    await expect(folder).toHaveAttribute('aria-expanded', 'true')
    expect(await seriousProblems(page)).toEqual([])
    await sidebar.row('Red').dragTo(folder)
    await expect(sidebar.rows('Birds')).toHaveText(['Red'])
    await sidebar.row('Green').hover()
    await sidebar.nav.getByRole('button', { name: 'Options for Green' }).click()
    await page.getByRole('menuitem', { name: 'Move to' }).click()
    await page.getByRole('menuitem', { name: 'Birds' }).click()
    await expect(sidebar.rows('Birds')).toHaveText(['Red', 'Green'])
    await expect(sidebar.rows('Today')).toHaveText(['Blue'])

    // back out with the keyboard alone, and that taken back
    await sidebar.row('Red').focus()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('menuitem', { name: 'Rename' })).toBeFocused()
    await page.keyboard.press('m')
    await page.keyboard.press('ArrowRight')
    await expect(page.getByRole('menuitem', { name: 'No folder' })).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(sidebar.rows('Birds')).toHaveText(['Green'])
    await page.keyboard.press('Control+z')
    await expect(sidebar.rows('Birds')).toHaveText(['Red', 'Green'])
    await folder.press('ArrowLeft')
    await expect(sidebar.row('Green')).toHaveCount(0)
    await page.reload()
    await expect(folder).toHaveAttribute('aria-expanded', 'false')
    await folder.press('ArrowRight')
    await expect(sidebar.rows('Birds')).toHaveText(['Red', 'Green'])

    await sidebar.choose('Green', 'Tags…')
    await page.getByRole('textbox', { name: 'New tag' }).fill('river')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('button', { name: 'river', pressed: true })).toBeVisible()
    expect(await seriousProblems(page)).toEqual([])
    await page.getByRole('button', { name: 'Done' }).click()
    await expect(sidebar.row('Green')).toContainText('river')
    await sidebar.nav.getByRole('button', { name: 'Filter the search' }).click()
    await page.getByRole('menuitemradio', { name: 'river' }).click()
    await page.keyboard.press('Escape')
    await expect(sidebar.results.getByRole('button')).toHaveText([/Green/])
    await sidebar.nav.getByRole('button', { name: 'Take back: river' }).click()
    await expect(folder).toBeVisible()
  })
})

test('the gallery leads to where a picture stands, and what a model saw in it is found by the search', async ({
  chat,
}) => {
  const { page } = chat
  const sidebar = new Sidebar(page)
  const gallery = page.getByRole('region', { name: 'Gallery' })
  const tile = gallery.getByRole('button', { name: 'IMG_1.png, in How many shapes are there?' })
  const bytes = readFileSync(join(root, 'resources/samples/red-circle.png'))
  await chat.drop({ name: 'IMG_1.png', type: 'image/png', bytes })
  await expect(chat.tray).toHaveCount(1)
  await chat.ask('How many shapes are there?')
  await chat.ended()
  await sidebar.menu('Gallery')
  await expect(tile).toBeVisible()
  expect(await seriousProblems(page)).toEqual([])
  await tile.hover()
  await gallery.getByRole('button', { name: 'Options for IMG_1.png' }).click()
  await page.getByRole('menuitem', { name: 'Describe for search' }).click()
  await expect(gallery.getByText('A red circle.')).toBeVisible()
  await expect(gallery.getByRole('status')).toHaveText('1 item · 1 of 1 picture described for search')
  await tile.press('Enter')
  await expect(chat.questions).toHaveCount(1)
  await expect(gallery).toHaveCount(0)

  await page.getByRole('button', { name: 'New conversation' }).click()
  await sidebar.search.fill('red circle')
  await expect(sidebar.results.getByRole('button')).toHaveText([/How many shapes.*IMG_1\.png: A red circle\./s])
  await sidebar.results.getByRole('button').click()
  await expect(chat.questions).toBeVisible()
})

test.describe('titles by the model', () => {
  test.use({ chosen: { titlesByModel: true } })

  test('the model gives a conversation its title after the first answer, and the title of a person stays', async ({
    chat,
  }, info) => {
    const { page } = chat
    const sidebar = new Sidebar(page)
    const demo = join(root, 'resources/demo-model')
    const text = info.outputPath('another.gguf')
    copyFileSync(join(demo, 'demo-text-f16.gguf'), text)
    await addModel(page, { text, projector: join(demo, 'demo-mmproj-f16.gguf') })
    await chat.drop('red-circle.png')
    await expect(chat.tray).toHaveCount(1)
    await chat.ask('What is in the picture?')
    await chat.ended()
    // what the demo model says to anything that it was not taught, also when it is asked for a title
    const title = /^I am only a demo model/
    await expect(sidebar.rows('Today')).toHaveText([title])
    await expect(page.getByRole('heading', { name: title })).toBeVisible()
    await sidebar.nav.getByRole('button', { name: title }).first().press('F2')
    const field = sidebar.nav.getByRole('textbox', { name: 'Title of the conversation' })
    await field.fill('My circle')
    await field.press('Enter')
    await expect(sidebar.row('My circle')).toBeVisible()
    await chat.ask('What colour is it?')
    await chat.ended()
    await expect(sidebar.row('My circle')).toBeVisible()
  })
})
