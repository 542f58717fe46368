import { mkdirSync, readFileSync } from 'node:fs'
import type { Locator, Page } from '@playwright/test'
import sharp from 'sharp'
import { CHOOSING, END, scriptedModel } from '../../main/testing/scriptedModel.ts'
import type { Script } from '../../main/testing/scriptedModel.ts'
import type { ChatPage } from '../pages/chat.ts'
import { addModel } from '../pages/models.ts'
import { expect, test } from '../support/fixtures.ts'

/** A model that its name gives the profile of a reader of pages. */
function reader(name: string, script: Omit<Script, 'template'>): { text: string; projector: string } {
  const folder = test.info().outputPath('models')
  mkdirSync(folder, { recursive: true })
  const { textPath, projectorPath } = scriptedModel(folder, name, { context: 8192, ...script, template: CHOOSING })
  return { text: textPath, projector: projectorPath! }
}

/** A picture of a page: a strip, which stays small whatever the longest side of its profile is. */
async function page(name: string, colour = 'white'): Promise<{ name: string; type: string; bytes: Uint8Array }> {
  const bytes = await sharp({ create: { width: 1288, height: 56, channels: 3, background: colour } })
    .png()
    .toBuffer()
  return { name, type: 'image/png', bytes: new Uint8Array(bytes) }
}

async function read(chat: ChatPage): Promise<void> {
  await chat.page.getByRole('button', { name: 'Jobs of this model' }).click()
  await chat.page.getByRole('menuitem', { name: 'Read the page' }).click()
  await expect(chat.page.getByTestId('job-chip')).toHaveText('Read the page')
  await chat.button('Send').click()
}

const documentIn = (answer: Locator): Locator => answer.getByRole('region', { name: 'Document' })
const openConversation = (window: Page): Promise<void> =>
  window
    .getByRole('navigation', { name: 'Conversations' })
    .getByRole('button', { name: /page-1/ })
    .first()
    .click()

const FRONT =
  '---\nprimary_language: en\nis_rotation_valid: True\nrotation_correction: 0\nis_table: False\nis_diagram: False\n---\n'

test('a page that an OCR model reads is a document with its table and formula, which is copied and saved in other forms', async ({
  chat,
  shell,
}) => {
  await addModel(
    chat.page,
    reader('olmOCR 2 of a script', {
      says: [
        [
          '\n',
          FRONT,
          '# Yields\n\nThe **mean** of all plots:\n\n',
          '<table><thead><tr><th>Plot</th><th>Yield</th></tr></thead><tbody>',
          '<tr><td colspan="2" onclick="x">all &amp; each</td></tr><tr><td>North</td><td>4.1</td></tr></tbody></table>\n\n',
          '\\[\n\\bar{x} = \\frac{1}{n}\n\\]\n',
          END,
        ],
      ],
    }),
  )
  await chat.drop(await page('page-1.png'))
  await read(chat)
  const answer = await chat.ended(0)
  const shown = documentIn(answer)
  await expect(shown.getByRole('heading', { name: 'Yields' })).toBeVisible()
  await expect(shown.getByRole('table').getByRole('row')).toHaveText(['PlotYield', 'all & each', 'North4.1'])
  await expect(shown.getByRole('cell', { name: 'all & each' })).toHaveAttribute('colspan', '2')
  await expect(shown.getByRole('group', { name: 'Formula' }).locator('.katex')).toBeVisible()
  await expect(shown.getByText('primary_language')).toHaveCount(0)

  await shown.getByRole('button', { name: 'As written' }).click()
  await expect(shown.getByLabel('As the model wrote it')).toContainText('primary_language: en')
  await shown.getByRole('button', { name: 'Document', exact: true }).click()

  if (shell === 'electron') return // its stand-in does not tell of downloads
  const save = async (kind: string): Promise<{ name: string; text: string }> => {
    const download = chat.page.waitForEvent('download')
    await shown.getByRole('button', { name: 'Save the document as' }).click()
    await chat.page.getByRole('menuitem', { name: kind }).click()
    const file = await download
    return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') }
  }
  const markdown = await save('Markdown')
  expect(markdown.name).toBe('page-1.md')
  expect(markdown.text).toContain('# Yields\n\nThe **mean** of all plots:')
  expect(markdown.text).toContain('$$\n\\bar{x} = \\frac{1}{n}\n$$')
  const html = await save('HTML')
  expect(html.text).toContain('<td colspan="2">all &amp; each</td>')
  expect(html.text).toContain('<math')
  expect((await save('Plain text')).text).toContain('North\t4.1')
})

const region = (box: string, type: string): string =>
  `<|box_start|>${box}<|box_end|><|ref_start|>${type}<|ref_end|><|rotate_up|>\n`

test('a page is read in two passes: its layout, then each region; a block and its box light each other', async ({
  chat,
}) => {
  await addModel(
    chat.page,
    reader('MinerU2.5 of a script', {
      says: [['\n', 'nothing', END]],
      answers: [
        {
          when: 'Layout Detection',
          says: [
            region('050 050 950 200', 'title'),
            region('050 300 950 500', 'table'),
            region('050 600 500 800', 'equation'),
            region('600 600 950 800', 'image'),
            region('450 950 550 990', 'page_number'),
            END,
          ],
        },
        { when: 'Table Recognition', says: ['<fcel>Kind<lcel><nl><fcel>table<fcel>12<nl>', END] },
        { when: 'Formula Recognition', says: ['\\[ a^2 + b^2 \\]', END] },
        { when: 'Text Recognition', says: ['On boxes', END] },
      ],
    }),
  )
  await chat.drop(await page('page-1.png'))
  await read(chat)
  const shown = documentIn(await chat.ended(0))
  await expect(shown.locator('[data-block]')).toHaveCount(4)
  await expect(shown.getByRole('heading', { name: 'On boxes' })).toBeVisible()
  await expect(shown.getByRole('row')).toHaveText(['Kind', 'table12'])
  await expect(shown.locator('[data-type="formula"] .katex')).toBeVisible()
  await expect(shown.locator('[data-type="picture"] img')).toBeVisible()
  await expect(shown.getByLabel('Also on the page')).toContainText('Page number')
  await expect(shown.locator('[data-box]')).toHaveCount(5)
  await shown.locator('[data-type="table"]').hover()
  await expect(shown.locator('[data-box][data-lit]')).toHaveAttribute('data-box', '1')
  await shown.locator('[data-box="2"]').hover()
  await expect(shown.locator('[data-block][data-lit]')).toHaveAttribute('data-type', 'formula')
})

test('three pages are read as a job that a power cut ends in the second, and that goes on from there', async ({
  app,
  chat,
}) => {
  const lines = Array.from({ length: 120 }, (_, i) => `Line ${i + 1} of a page.\n`)
  await addModel(
    chat.page,
    reader('Nanonets OCR2 of a script', { says: [['\n', '# Top\n\n', ...lines, END]], layers: 32 }),
  )
  await chat.drop(await page('page-1.png'), await page('page-2.png', 'beige'), await page('page-3.png', 'azure'))
  await read(chat)
  // looked at with every frame, so that the second page is surely not at its end
  await chat.page.waitForFunction(() =>
    document.querySelector('[data-page="2"]')?.textContent?.includes('Line 5 of a page.'),
  )
  await app.kill()

  await app.restart()
  await openConversation(chat.page)
  // the desktop shell has another window now
  const kept = chat.answers.last()
  await expect(kept).toHaveAttribute('data-status', 'interrupted')
  await expect(documentIn(kept)).toContainText('1 of 3 pages')
  await expect(documentIn(kept).getByRole('article', { name: 'Page 1' })).toContainText('Line 120 of a page.')
  await kept.getByRole('button', { name: 'Continue' }).click()
  await chat.ended()
  await expect(kept).toHaveAttribute('data-status', 'complete')
  await expect(chat.answers).toHaveCount(1)
  await expect(kept.getByRole('group', { name: /^Version/ })).toHaveCount(0)
  for (const number of [1, 2, 3]) {
    const one = documentIn(kept).getByRole('article', { name: `Page ${number}` })
    await expect(one.getByRole('heading', { name: 'Top' })).toHaveCount(1)
    await expect(one).toContainText('Line 120 of a page.')
  }
  await expect(documentIn(kept)).toContainText('3 pages')
})
