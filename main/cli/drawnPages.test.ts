import { spawn } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import sharp from 'sharp'
import { afterAll, expect, test, vi } from 'vitest'
import { fakeOffice } from '../lib/office/testing/fakeOffice.ts'
import { chineseWords, pdf, words } from '../lib/pdf/testing/pdfFile.ts'
import { tiffHead } from '../lib/picture/tiff/encode.ts'
import { CHOOSING, END, scriptedModel } from '../testing/scriptedModel.ts'
import { tempFolder } from '../testing/tempFolder.ts'

const CLI = join(import.meta.dirname, '../cli.ts')
const WHAT = 'What is in the picture?'
const folder = tempFolder()
afterAll(() => folder.remove())

function run(...argv: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [CLI, ...argv], {
    cwd: folder.path,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: folder.path },
  })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })))
}
function file(name: string, bytes: Uint8Array): string {
  const path = join(folder.path, name)
  writeFileSync(path, bytes)
  return path
}

test('a page of a PDF is asked about by its number; what cannot be drawn or opened is said', async () => {
  const circle =
    '1 0 0 rg 40 100 m 40 133 67 160 100 160 c 133 160 160 133 160 100 c 160 67 133 40 100 40 c 67 40 40 67 40 100 c f'
  const entries = '/MediaBox [0 0 200 200]'
  const pages = pdf([{ content: words('Cover'), entries }, { content: circle, entries }, { content: chineseWords }])
  const paper = file('paper.pdf', pages)
  const { code, out, err } = await run('ask', '--image', paper, '--page', '2', WHAT)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/^A red circle\./)
  const refused = (...argv: string[]) => run('ask', ...argv, WHAT)
  expect(await refused('--image', paper, '--page', '4')).toMatchObject({
    code: 3,
    err: `InvalidInput: ${basename(paper)} has 3 pages; there is no page 4.\n`,
  })
  expect(await refused('--image', paper, '--page', '3')).toMatchObject({
    code: 3,
    err: expect.stringMatching(/^UnsupportedMedia: Page 3 of .* has text that cannot be drawn here/) as string,
  })
  const secret = file('secret.pdf', pdf([{ content: circle, entries }], { password: 'sesame' }))
  expect(await refused('--image', secret)).toMatchObject({
    code: 3,
    err: `PasswordNeeded: ${basename(secret)} is protected by a password. Give it with --password.\n`,
  })
  expect(await run('ask', '--image', secret, '--password', 'sesame', WHAT)).toMatchObject({ code: 0, err: '' })
  expect(readdirSync(folder.path).filter((name) => name.includes('-pages-'))).toEqual([])
})

test('reads the pages of a PDF, all or those that are named; one that cannot be drawn leaves the others', async () => {
  const model = scriptedModel(folder.path, 'Nanonets OCR2', {
    says: [['\n', 'Words of a page.', END]],
    template: CHOOSING,
    context: 8192,
  })
  const nanonets = ['--model', model.textPath, '--mmproj', model.projectorPath!]
  const paper = file(
    'pages.pdf',
    pdf([{ content: words('One') }, { content: chineseWords }, { content: words('Three') }]),
  )
  const some = await run('read', ...nanonets, '--pages', '1,3', paper)
  expect(some).toMatchObject({ code: 0, out: 'Words of a page.\n\n---\n\nWords of a page.\n' })
  expect(some.err).toContain('Reading page 2 of 2: pages.pdf, page 3')
  const all = await run('read', ...nanonets, paper)
  expect(all.code).toBe(3)
  expect(all.out.match(/Words of a page/g)).toHaveLength(2)
  expect(all.err).toContain('Page 2 of 3 could not be read: Page 2 of pages.pdf has text that cannot be drawn here')
  const none = await run('read', ...nanonets, '--pages', '4', paper)
  expect(none).toMatchObject({ code: 2, out: '' })
  expect(none.err).toContain('--pages 4: There are pages 1 to 3 only.')
})

const circleSvg =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><circle cx="10" cy="10" r="6" fill="rgb(220,38,38)"/></svg>'

test('an SVG drawing is drawn and asked about', async () => {
  const { code, out, err } = await run('ask', '--image', file('plan.svg', Buffer.from(circleSvg)), WHAT)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/^A red circle\./)
})

test('a page of a TIFF is asked about by its number', async () => {
  const drawn = await sharp(Buffer.from(circleSvg)).resize(200, 200).flatten({ background: 'white' }).raw().toBuffer()
  const pages = [Buffer.alloc(drawn.length, 255), drawn]
  const tags = [
    [256, [200]],
    [257, [200]],
    [258, [8, 8, 8]],
    [259, [1]],
    [262, [2]],
    [277, [3]],
    [278, [200]],
  ] as const
  const head = tiffHead(pages.map(({ length }) => ({ tags, blockLengths: [length] })))
  const scan = file('scan.tif', Buffer.concat([head, ...pages]))
  const { code, out, err } = await run('ask', '--image', scan, '--page', '2', WHAT)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/^A red circle\./)
  expect(await run('ask', '--image', scan, '--page', '3', WHAT)).toMatchObject({
    code: 3,
    err: 'InvalidInput: scan.tif has 2 pages; there is no page 3. Choose another one.\n',
  })
})

test.skipIf(process.platform === 'win32')(
  'a document is asked about where LibreOffice is, a page of it by its number',
  async () => {
    const circle =
      '1 0 0 rg 40 100 m 40 133 67 160 100 160 c 133 160 160 133 160 100 c 160 67 133 40 100 40 c 67 40 40 67 40 100 c f'
    const entries = '/MediaBox [0 0 200 200]'
    const office = fakeOffice(
      folder.path,
      pdf([
        { content: words('Cover'), entries },
        { content: circle, entries },
      ]),
    )
    const letter = file('letter.docx', Buffer.from(`PK\x03\x04${'\0'.repeat(26)}[Content_Types].xml`, 'latin1'))
    vi.stubEnv('PATH', office.path)
    const { code, out, err } = await run('ask', '--image', letter, '--page', '2', WHAT)
    vi.unstubAllEnvs()
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^A red circle\./)
    expect(office.calls()).toHaveLength(1)
  },
)
