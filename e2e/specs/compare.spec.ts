import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import type { ChatPage } from '../pages/chat.ts'
import { ComparePage } from '../pages/compare.ts'
import { addModel } from '../pages/models.ts'
import { root } from '../support/electronProgram.ts'
import { expect, test } from '../support/fixtures.ts'
import { namedModel, patientModel, untilStopped } from '../support/patientModel.ts'
import { engineProcess, engineProcesses } from '../support/processes.ts'

test.use({ chosen: untilStopped })

const demo = {
  text: join(root, 'resources/demo-model/demo-text-f16.gguf'),
  projector: join(root, 'resources/demo-model/demo-mmproj-f16.gguf'),
}

/** Two models that take their time and do not end by themselves: "Patient one" is the current one, compared with "Patient two". */
async function patientPair(chat: ChatPage, data: string): Promise<ComparePage> {
  await addModel(chat.page, namedModel(data, 'Patient two', patientModel('Q_Q')))
  await addModel(chat.page, namedModel(data, 'Patient one', patientModel()))
  const compare = new ComparePage(chat.page)
  await compare.with('Patient two')
  return compare
}

/** What axe holds to be serious or critical in the page as it is. */
async function seriousProblems(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`))
}

test('two models answer side by side, the conversation goes on from the one that is chosen, and a reload shows both', async ({
  chat,
  data,
}) => {
  const { page } = chat
  await addModel(page, namedModel(data, 'Second copy', demo))
  const compare = new ComparePage(page)
  await page.getByRole('button', { name: 'Compare with another model' }).click()
  await expect(page.getByRole('menu')).toContainText('Each sees the one conversation that you go on with')
  await page.keyboard.press('Escape')
  await compare.with('Demo model')
  await chat.drop('red-circle.png')
  await chat.ask('What is in the picture?')
  const [first, second] = [await compare.ended('Second copy'), await compare.ended('Demo model')]
  // a model that was added draws its words, with a temperature of its own
  await expect(first.getByTestId('answer-text')).not.toBeEmpty()
  await expect(second.getByTestId('answer-text')).toContainText(/red circle/i)

  await page.setViewportSize({ width: 1400, height: 800 })
  const [left, right] = [(await first.boundingBox())!, (await second.boundingBox())!]
  expect(right.x).toBeGreaterThanOrEqual(left.x + left.width)
  expect(right.y).toBe(left.y)
  expect(right.x + right.width - left.x).toBeGreaterThan(1000)
  await page.setViewportSize({ width: 800, height: 800 })
  await expect.poll(async () => (await second.boundingBox())!.y).toBeGreaterThan((await first.boundingBox())!.y)
  expect((await second.boundingBox())!.x).toBe((await first.boundingBox())!.x)
  expect(await seriousProblems(page)).toEqual([])

  await second.getByRole('button', { name: 'Answer details' }).click()
  const details = page.getByRole('dialog', { name: 'Answer details' })
  await expect(details.getByText(/tokens\/s/)).toHaveCount(2)
  for (const name of ['Second copy', 'Demo model']) await expect(details).toContainText(name)
  await page.keyboard.press('Escape')

  await expect(compare.goOn('Second copy')).toHaveAttribute('aria-pressed', 'true')
  await compare.goOn('Demo model').press('Enter')
  await expect(compare.goOn('Demo model')).toHaveAttribute('aria-pressed', 'true')
  await expect(compare.goOn('Demo model')).toBeFocused()
  await expect(compare.goOn('Second copy')).toHaveAttribute('aria-pressed', 'false')

  await chat.ask('What colour is it?')
  await expect(compare.pairs).toHaveCount(2)
  for (const name of ['Second copy', 'Demo model'])
    await expect(await compare.ended(name)).toHaveAttribute('data-status', 'complete')
  await compare.pairs.last().getByRole('button', { name: 'Answer again' }).click()
  await expect(compare.pairs.last().getByRole('group', { name: 'Version 2 of 2' })).toBeVisible()
  for (const name of ['Second copy', 'Demo model'])
    await expect(await compare.ended(name)).toHaveAttribute('data-status', 'complete')
  const texts = await page.getByTestId('answer-text').allInnerTexts()
  expect(texts).toHaveLength(4)

  await page.reload()
  await expect(compare.pairs).toHaveCount(2)
  await expect(page.getByTestId('answer-text')).toHaveText(texts)
  await expect(compare.pairs.first().getByRole('button', { pressed: true })).toHaveCount(1)
  await expect(
    compare.pairs.first().getByRole('article', { name: 'Answer by Demo model' }).getByRole('button', { pressed: true }),
  ).toBeVisible()
  await expect(compare.chip).toBeVisible()

  await compare.end()
  await chat.ask('Hello')
  await expect(chat.page.getByRole('article', { name: 'Answer', exact: true })).toHaveAttribute('aria-busy', 'false')
  await expect(compare.pairs).toHaveCount(2)
})

test('Stop ends both answers, and both keep what they wrote', async ({ chat, data }) => {
  const compare = await patientPair(chat, data)
  await chat.ask('Tell me')
  await compare.grows('Patient one')
  await compare.grows('Patient two')
  await chat.stop.click()
  for (const name of ['Patient one', 'Patient two']) {
    const answer = await compare.ended(name)
    await expect(answer).toHaveAttribute('data-status', 'stopped')
    await expect(answer.getByTestId('answer-text')).not.toBeEmpty()
  }
  await expect(chat.button('Send')).toBeVisible()
})

test('when the process of either model dies, its answer says so and the other goes on', async ({ app, chat, data }) => {
  const compare = await patientPair(chat, data)
  await chat.ask('Tell me')
  await compare.grows('Patient one')
  const main = await engineProcess(app.pid)
  await compare.grows('Patient two')
  const second = engineProcesses(app.pid).find((pid) => pid !== main)!
  process.kill(second, 'SIGKILL')
  const failed = await compare.ended('Patient two')
  await expect(failed).toHaveAttribute('data-status', 'failed')
  await expect(failed.getByRole('alert')).toContainText(/ended unexpectedly.*kept/)
  await expect(failed.getByTestId('answer-text')).not.toBeEmpty()
  await compare.grows('Patient one')
  await chat.stop.click()
  await expect(await compare.ended('Patient one')).toHaveAttribute('data-status', 'stopped')

  await failed.getByRole('button', { name: 'Retry' }).click()
  await expect(compare.by('Patient two')).toHaveAttribute('data-status', 'streaming')
  await compare.grows('Patient two')
  process.kill(main, 'SIGKILL')
  await expect(await compare.ended('Patient one')).toHaveAttribute('data-status', 'failed')
  await compare.grows('Patient two')
  await chat.stop.click()
  await expect(await compare.ended('Patient two')).toHaveAttribute('data-status', 'stopped')
  await expect(compare.pairs.last().getByRole('group', { name: 'Version 2 of 2' })).toBeVisible()
})

test('the whole app is killed while both write: what was shown of both is there after the restart', async ({
  app,
  chat,
  data,
}) => {
  const compare = await patientPair(chat, data)
  await chat.ask('Tell me')
  await compare.grows('Patient one')
  await compare.grows('Patient two')
  const shown = await Promise.all(
    ['Patient one', 'Patient two'].map((name) => compare.by(name).getByTestId('answer-text').innerText()),
  )
  await app.kill()
  await app.restart()
  await chat.page
    .getByRole('navigation', { name: 'Conversations' })
    .getByRole('button', { name: /Tell me/ })
    .first()
    .click()
  const again = new ComparePage(chat.page)
  for (const [index, name] of ['Patient one', 'Patient two'].entries()) {
    const answer = await again.ended(name)
    await expect(answer).toHaveAttribute('data-status', 'interrupted')
    expect((await answer.getByTestId('answer-text').innerText()).startsWith(shown[index]!.trimEnd())).toBe(true)
  }
})
