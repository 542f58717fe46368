import type { Locator } from '@playwright/test'
import type { ModelsPage } from '../pages/models.ts'
import { expect, gated, head, projector, test, text, tiny } from '../support/sourceFixtures.ts'

const q4 = `${tiny.name} Q4_K_M`

/** Opens an entry of the catalogue and begins to download its quantization. */
async function download(models: ModelsPage, quantization = 'Q4_K_M'): Promise<void> {
  await models.openEntry(tiny.name)
  await models.root.getByRole('button', { name: `Download ${quantization}` }).click()
}

/** The line of a download in the list of downloads. */
async function job(models: ModelsPage, name = q4): Promise<Locator> {
  await models.part('Downloads')
  return models.downloads.getByRole('listitem', { name })
}

test('a model is chosen by what it costs here, downloaded, verified and used', async ({ chat, models }) => {
  await models.open()
  await models.openEntry(tiny.name)
  await expect(models.root).toContainText(/This computer: \d+ cores?, [\d.,]+ GB of memory/)
  const offers = models.root.getByRole('list', { name: `Quantizations of ${tiny.name}` }).getByRole('listitem')
  await expect(offers).toHaveCount(2)
  await expect(offers.filter({ hasText: 'Recommended' })).toHaveCount(1)
  await expect(offers.first()).toContainText(/7\.4 MB/)
  await expect(offers.first()).toContainText(/Processor|Graphics card/)
  await expect(models.root).toContainText(`From your mirror, ${tiny.repository}`)
  await models.root.getByRole('button', { name: 'Download Q4_K_M' }).click()
  const there = offers.first().getByRole('button', { name: 'On this computer' })
  await there.click()
  const particulars = models.particulars(tiny.name)
  await expect(particulars).toContainText('In use')
  await expect(particulars).toContainText(tiny.repository)
  await expect(particulars.getByRole('button', { name: /^Files/ })).toContainText('Verified')
  await expect(await job(models)).toHaveAttribute('data-state', 'done')
  await models.close()
  await chat.drop('red-circle.png')
  await chat.ask('What is in the picture?')
  await expect(await chat.ended()).toContainText(/red circle/i)
})

test('the model for this computer is said with why, and is one click away; a filter finds others', async ({
  models,
}) => {
  await models.open()
  await models.part('Get a model')
  const card = models.root.getByRole('region', { name: 'For this computer' })
  await expect(card).toContainText(tiny.name)
  await expect(card).toContainText(/reads a picture in about \d+ s/)
  await card.getByRole('button', { name: `Download ${tiny.name}` }).click()
  await expect(card.getByRole('button', { name: 'On this computer' })).toBeVisible()
  const older = models.root.getByRole('region', { name: 'Older' })
  await expect(older.getByRole('button', { expanded: false })).toHaveCount(2)
  await models.root.getByLabel('Filter models').fill('gated')
  await expect(older.getByRole('button', { expanded: false })).toHaveCount(1)
  await models.openEntry(gated.name)
  await expect(older).toContainText(/Takes about [\d.]+ [MG]B with one picture/)
})

test('the app is killed in the middle of a download: the next start goes on from what is there', async ({
  app,
  chat,
  models,
  source,
}) => {
  source.server.script(tiny.repository, tiny.q4, [head, { kind: 'drip', chunkBytes: 24_000, everyMs: 100 }])
  await models.open()
  await download(models)
  const note = models.page.getByTestId('downloads-note')
  await expect(note).toContainText(/[2-9]\d\s%/)
  await app.kill()
  await app.restart()
  await chat.ready()
  await expect(chat.page.getByTestId('model-chip')).toContainText(tiny.name)
  const ranges = source.server.requests
    .filter(({ url }) => url.startsWith('/cdn/') && url.includes(tiny.q4))
    .map(({ headers }) => headers.range)
  expect(ranges.some((range) => /^bytes=[1-9]\d*-/.test(range ?? ''))).toBe(true)
})

test('a lost connection is waited for, and can be paused, resumed and removed', async ({ models, source }) => {
  source.server.script(tiny.repository, tiny.q4, [
    head,
    { kind: 'drop', afterBytes: 500_000 },
    { kind: 'status', status: 503, retryAfter: '600' },
  ])
  await models.open()
  await download(models)
  const line = await job(models)
  await expect(line).toContainText(/The connection was lost\. Tries again in about 10\smin/)
  await expect(models.page.getByTestId('downloads-note')).toContainText('No connection')
  await line.getByRole('button', { name: `Pause ${q4}` }).click()
  await expect(line).toContainText(/Paused, [\d.]+ (kB|MB) of 7\.4 MB/)
  await line.getByRole('button', { name: '2 files' }).click()
  await expect(line).toContainText(tiny.projector)
  source.server.script(tiny.repository, tiny.q4, [{ kind: 'stall', afterBytes: 100_000 }])
  await line.getByRole('button', { name: `Resume ${q4}` }).click()
  await expect(line).toHaveAttribute('data-state', 'running')
  await line.getByRole('button', { name: `Remove ${q4}` }).click()
  const confirm = models.page.getByRole('alertdialog')
  await expect(confirm).toContainText(/is deleted/)
  await confirm.getByRole('button', { name: 'Remove' }).click()
  await expect(line).toHaveCount(0)
  await expect(models.page.getByRole('tab', { name: 'Downloads' })).toHaveCount(0)
})

test('of two downloads the second waits, until it is made the first', async ({ models, source }) => {
  source.server.script(tiny.repository, tiny.q4, [head, { kind: 'stall', afterBytes: 100_000 }])
  source.server.script(tiny.repository, tiny.q8, [head, { kind: 'stall', afterBytes: 100_000 }])
  await models.open()
  await download(models)
  await models.root.getByRole('button', { name: 'Download Q8_0' }).click()
  const second = await job(models, `${tiny.name} Q8_0`)
  await expect(second).toContainText('Waits for the others')
  await second.getByRole('button', { name: `Download ${tiny.name} Q8_0 first` }).click()
  await expect(second).toHaveAttribute('data-state', 'running')
  await expect(models.downloads.getByRole('listitem', { name: q4 })).toHaveAttribute('data-state', 'queued')
})

test('a file that arrives damaged is said to be, and is had by resuming', async ({ models, source }) => {
  source.server.script(tiny.repository, tiny.q4, [head, { kind: 'flip', at: 900_000 }])
  await models.open()
  await download(models)
  const line = await job(models)
  await expect(line.getByRole('alert')).toContainText(/arrived damaged.*Resume to download it again/)
  await expect(models.page.getByTestId('downloads-note')).toContainText('Stopped')
  await line.getByRole('button', { name: 'Resume' }).click()
  await expect(line).toHaveAttribute('data-state', 'done')
})

test('a model that is larger than the disk is not offered to be downloaded, and the page says why', async ({
  models,
  source,
}) => {
  const listed = { content: projector, bytes: 2 ** 40 }
  source.server.add({ repository: tiny.repository, files: { [tiny.q4]: text, [tiny.projector]: listed } })
  await models.open()
  await models.openEntry(tiny.name)
  await expect(models.root.getByRole('button', { name: 'Download Q4_K_M' })).toBeDisabled()
  await expect(models.root).toContainText('There is not enough free space on the disk for it.')
})

test('a file that changes at its source in the middle is said to have', async ({ models, source }) => {
  const other = Buffer.from(text)
  other[other.length - 1]! ^= 1
  source.server.script(tiny.repository, tiny.q4, [
    head,
    { kind: 'drop', afterBytes: 500_000 },
    { kind: 'change', content: other },
  ])
  await models.open()
  await download(models)
  const line = await job(models)
  await expect(line.getByRole('alert')).toContainText(/changed at its source.*Resume to download it again/)
})

test('a source that refuses asks for a token, and one that does not answer can be asked again', async ({
  models,
  source,
}) => {
  await models.open()
  await models.openEntry(gated.name)
  await expect(models.root.getByText('Non-commercial')).toBeVisible()
  await expect(models.root.getByRole('alert')).toContainText(/without permission.*access token/)
  await models.root.getByRole('textbox', { name: 'Access token for your mirror' }).fill(gated.token)
  await models.root.getByRole('button', { name: 'Keep and try again' }).click()
  await expect(models.root.getByRole('button', { name: 'Download Q4_K_M' })).toBeVisible()
  await source.server.close()
  await models.openEntry(tiny.name)
  await expect(models.root.getByRole('alert')).toContainText(/cannot be reached.*Check the connection/)
  await expect(models.root.getByRole('button', { name: 'Try again' })).toBeVisible()
})
