import type { ModelsPage } from '../pages/models.ts'
import { expect, headBytes, projector, test, text, tiny } from '../support/sourceFixtures.ts'
import type { Source } from '../support/sourceFixtures.ts'

const shapes = {
  repository: 'someone/Shapes-2B-GGUF',
  q4: 'Qwen2-VL-Shapes-2B-Q4_K_M.gguf',
  q8: 'Qwen2-VL-Shapes-2B-Q8_0.gguf',
  projector: 'mmproj-Shapes-2B-f16.gguf',
}

/** A projector of a kind that nobody has heard of: its type has another first letter. */
const unknown = Buffer.from(projector.toString('latin1').replace('qwen2vl_merger', 'xwen2vl_merger'), 'latin1')

/** Bytes that were asked for of the files of a repository. */
function requestedBytes({ server }: Source, repository: string): number {
  const ranges = server.requests
    .filter(({ url }) => url.startsWith(`/cdn/${repository}/`))
    .map(({ headers }) => /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? ''))
  return ranges.reduce((sum, range) => sum + (range ? Number(range[2]) - Number(range[1]) + 1 : Infinity), 0)
}

/** The line of the only download. */
async function download(models: ModelsPage) {
  await models.part('Downloads')
  return models.downloads.getByRole('listitem').first()
}

test('a repository that is typed is listed by what its files are, downloaded, and answers', async ({
  chat,
  models,
  source,
}) => {
  const files = {
    [shapes.q4]: text,
    [shapes.q8]: text,
    [shapes.projector]: projector,
    'README.md': Buffer.from('# Shapes'),
    'Shapes-2B-lora-F16.gguf': projector,
  }
  source.server.add({ repository: shapes.repository, files })
  await models.open()
  const section = await models.look(`https://huggingface.co/${shapes.repository}/blob/main/${shapes.q8}`)
  await expect(section.getByRole('heading', { name: shapes.repository })).toBeVisible()
  await expect(section.getByRole('radio', { name: 'Q8_0' })).toBeChecked()
  await expect(section.getByRole('radio', { name: shapes.projector })).toBeChecked()
  await expect(section.getByRole('group', { name: 'Projector, through which it sees' })).toContainText(
    'Belongs to this model',
  )
  await expect(section.getByRole('group', { name: 'Language model' })).toContainText(/Processor|Graphics card/)
  await expect(section).toContainText(/Known from 131\.1 kB that were read/)
  await section.getByRole('button', { name: '2 other files' }).click()
  await expect(section.getByRole('list', { name: 'Other files' })).toContainText(/lora-F16\.gguf.*Adapter/)
  await section.getByRole('radio', { name: 'Q8_0' }).press('ArrowUp')
  await expect(section.getByRole('radio', { name: 'Q4_K_M' })).toBeChecked()
  await section.getByRole('button', { name: 'Download Q4_K_M' }).click()
  await expect(section.getByRole('button', { name: 'On this computer' })).toBeVisible()
  const line = await download(models)
  await expect(line).toContainText('Shapes-2B Q4_K_M')
  await expect(line).toContainText(`From your mirror, ${shapes.repository}`)
  // what was read to look at the files is not fetched again
  expect(requestedBytes(source, shapes.repository)).toBe(text.length + projector.length + headBytes)
  await models.close()
  await chat.drop('red-circle.png')
  await chat.ask('What is in the picture?')
  await expect(await chat.ended()).toContainText(/red circle/i)
})

test('what cannot be used is refused before the download: in the list of a repository and for an entry of the catalogue', async ({
  models,
  source,
}) => {
  source.server.add({ repository: shapes.repository, files: { [shapes.q4]: text, [shapes.projector]: unknown } })
  source.server.add({ repository: tiny.repository, files: { [tiny.q4]: text, [tiny.projector]: unknown } })
  await models.open()
  const section = await models.look(`hf.co/${shapes.repository}:Q4_K_M`)
  await expect(section.getByRole('group', { name: 'Projector, through which it sees' })).toContainText(/xwen2vl_merger/)
  await expect(section.getByRole('radio', { name: 'None' })).toBeChecked()
  await section.getByRole('radio', { name: shapes.projector }).check()
  await expect(section.getByRole('button', { name: 'Download Q4_K_M' })).toBeDisabled()
  expect(requestedBytes(source, shapes.repository)).toBe(2 * headBytes)

  await models.openEntry(tiny.name)
  await models.root
    .getByRole('list', { name: `Quantizations of ${tiny.name}` })
    .getByRole('button', { name: 'Download Q4_K_M' })
    .click()
  const line = await download(models)
  await expect(line).toHaveAttribute('data-state', 'failed')
  await expect(line.getByRole('alert')).toContainText(/xwen2vl_merger.*Only 132 kB were fetched to find that out/)
  expect(requestedBytes(source, tiny.repository)).toBe(2 * headBytes)
})

test('a repository that is gone, gated, renamed or differs gives way to the next, and the window says why', async ({
  models,
  source,
}) => {
  const files = { [tiny.q4]: text, [tiny.projector]: projector }
  source.server.remove(tiny.repository)
  source.server.add({ repository: tiny.others[0], token: 'hf_other', files })
  source.server.add({ repository: tiny.others[1], nowCalled: 'somebody/Else-GGUF', files })
  source.server.add({
    repository: tiny.others[2],
    files: { ...files, [tiny.projector]: { content: projector, sha256: 'a'.repeat(64) } },
  })
  await models.open()
  await models.openEntry(tiny.name)
  const passedOver = models.root.getByRole('list', { name: 'Passed over' })
  await expect(models.root).toContainText(`From your mirror, ${tiny.others[2]}`)
  await expect(passedOver.getByRole('listitem')).toHaveText([
    `Not from your mirror, ${tiny.repository}: it is not there any more.`,
    `Not from your mirror, ${tiny.others[0]}: it is open only to those with an access token.`,
    `Not from your mirror, ${tiny.others[1]}: it is now called somebody/Else-GGUF.`,
  ])
  source.server.add({ repository: tiny.others[3], files })
  await models.root.getByRole('button', { name: 'Download Q4_K_M' }).click()
  const line = await download(models)
  await expect(line).toHaveAttribute('data-state', 'done')
  await expect(line).toContainText(`From your mirror, ${tiny.others[3]}`)
  await expect(line).toContainText(
    `Not from your mirror, ${tiny.others[2]}: it sent a file that is not the one it lists: its SHA-256 is another.`,
  )
  // the language model that came from there was right, and is the same here
  expect(requestedBytes(source, tiny.others[3])).toBe(projector.length)
})

test('what is no repository, has no models or is not open is said in the place where it was typed', async ({
  models,
  source,
}) => {
  source.server.add({
    repository: 'Qwen/Weights-2B',
    files: { 'model-00001-of-00002.safetensors': Buffer.alloc(100), 'config.json': Buffer.from('{}') },
  })
  await models.open()
  const section = await models.look('http://192.168.0.10/user/repo')
  await expect(section.getByRole('alert')).toContainText('192.168.0.10 is no place that models are taken from')
  await models.look('user')
  await expect(section.getByRole('alert')).toContainText('That is no repository. Type owner/name')
  await models.look('nobody/Nothing-GGUF')
  await expect(section.getByRole('alert')).toContainText('has no repository nobody/Nothing-GGUF')
  await models.look('Qwen/Weights-2B')
  await expect(section.getByRole('alert')).toContainText(
    'holds the original weights, which do not run here. Look for a repository of the same model in the GGUF format, often called Weights-2B-GGUF',
  )
  await models.look('tests/Gated-2B-GGUF')
  await expect(section.getByRole('alert')).toContainText('without permission')
  await section.getByRole('textbox', { name: 'Access token for your mirror' }).fill('hf_secret')
  await section.getByRole('button', { name: 'Keep and try again' }).click()
  await expect(section.getByRole('button', { name: 'Download Q4_K_M' })).toBeEnabled()
})
