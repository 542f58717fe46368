import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { CHOOSING, END, scriptedModel } from '../testing/scriptedModel.ts'
import { demoModel, samplePath } from '../testing/engineRequests.ts'
import { tempFolder } from '../testing/tempFolder.ts'

const CLI = join(import.meta.dirname, '../cli.ts')
const CIRCLE = samplePath('red-circle')
const folder = tempFolder()
afterAll(() => folder.remove())

function read(...argv: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [CLI, 'read', ...argv], {
    cwd: folder.path,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: folder.path },
  })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })))
}
const model = (name: string, says: readonly string[], answers: Parameters<typeof scriptedModel>[2]['answers'] = []) => {
  const files = scriptedModel(folder.path, name, {
    says: [['\n', ...says, END]],
    answers,
    template: CHOOSING,
    context: 8192,
  })
  return ['--model', files.textPath, '--mmproj', files.projectorPath!]
}

test('reads pages in order into one document, and says which it is at', async () => {
  const nanonets = model('Nanonets OCR2', [
    '# Top\n\n',
    '<table><tr><td>a</td><td>b</td></tr></table>\n',
    '<page_number>1</page_number>',
  ])
  const { code, out, err } = await read(...nanonets, CIRCLE, CIRCLE)
  const page = '# Top\n\n|   |   |\n| --- | --- |\n| a | b |'
  expect({ code, out }).toEqual({ code: 0, out: `${page}\n\n---\n\n${page}\n` })
  expect(err).toContain('Reading page 1 of 2: red-circle.png')
  expect(err).toContain('Reading page 2 of 2')
})

test('writes other forms, to a file where it is told to; a page that cannot be read leaves the others', async () => {
  const nanonets = model('Nanonets OCR2 again', ['Words of a page.'])
  writeFileSync(join(folder.path, 'broken.png'), 'no picture')
  const { code, out, err } = await read(
    ...nanonets,
    '--format',
    'json',
    '--out',
    'out.json',
    CIRCLE,
    'broken.png',
    CIRCLE,
  )
  expect({ code, out }).toEqual({ code: 3, out: '' })
  expect(err).toMatch(/Page 2 of 3 could not be read/)
  const { pages } = JSON.parse(readFileSync(join(folder.path, 'out.json'), 'utf8')) as {
    pages: { failure: string | null; blocks: { markdown: string }[] }[]
  }
  expect(pages.map(({ failure, blocks }) => failure === null && blocks[0]?.markdown)).toEqual([
    'Words of a page.',
    false,
    'Words of a page.',
  ])
})

test('reads a page in two passes with the boxes of its regions', async () => {
  const line = (box: string, type: string) =>
    `<|box_start|>${box}<|box_end|><|ref_start|>${type}<|ref_end|><|rotate_up|>\n`
  const mineru = model(
    'MinerU2.5',
    ['nothing'],
    [
      { when: 'Layout', says: [line('100 100 900 200', 'title'), line('100 300 900 900', 'table'), END] },
      { when: 'Table', says: ['<fcel>a<fcel>b<nl>', END] },
      { when: 'Text', says: ['A heading', END] },
    ],
  )
  const { code, out, err } = await read(...mineru, '--format', 'json', CIRCLE)
  expect({ code, err }).toEqual({ code: 0, err: 'Reading page 1 of 1: red-circle.png\n' })
  const { pages } = JSON.parse(out) as { pages: { blocks: { type: string; markdown: string; box: unknown }[] }[] }
  expect(pages[0]!.blocks).toMatchObject([
    { type: 'title', markdown: '## A heading', box: { x1: 0.1, y1: 0.1, x2: 0.9, y2: 0.2 } },
    { type: 'table', box: { y2: 0.9 } },
  ])
})

test('writes a file in the form of its ending, and says before it reads where none can be written', async () => {
  const nanonets = model('Nanonets OCR2 of endings', ['# Top'])
  expect(await read(...nanonets, '--out', 'page.HTML', CIRCLE)).toMatchObject({ code: 0, out: '' })
  expect(readFileSync(join(folder.path, 'page.HTML'), 'utf8')).toContain('<h1>Top</h1>')
  expect(await read(...nanonets, '--format', 'markdown', '--out', 'page.txt', CIRCLE)).toMatchObject({ code: 0 })
  expect(readFileSync(join(folder.path, 'page.txt'), 'utf8')).toBe('# Top\n')
  mkdirSync(join(folder.path, 'there'))
  for (const out of ['there', 'no/such/page.md'])
    expect(await read(...nanonets, '--out', out, CIRCLE)).toMatchObject({
      code: 4,
      err: `StorageFailed: The document cannot be written to ${out}. Choose another place with --out.\n`,
    })
})

test('leaves the file of an earlier reading as it is when nothing could be read', async () => {
  const nanonets = model('Nanonets OCR2 of nothing', ['Words of a page.'])
  writeFileSync(join(folder.path, 'earlier.md'), 'An earlier reading.')
  writeFileSync(join(folder.path, 'no-picture.png'), 'no picture')
  const { code, err } = await read(...nanonets, '--out', 'earlier.md', 'no-picture.png')
  expect({ code, err }).toEqual({ code: 3, err: expect.not.stringContaining('Written to') as string })
  expect(readFileSync(join(folder.path, 'earlier.md'), 'utf8')).toBe('An earlier reading.')
})

test('names what is wrong with an option as bad usage', async () => {
  const nanonets = model('Nanonets OCR2 of options', ['Words of a page.'])
  // before the model is looked at
  expect(await read('--model', 'none.gguf', '--max-pixels', '0', CIRCLE)).toMatchObject({
    code: 2,
    err: expect.stringContaining('--max-pixels wants') as string,
  })
  expect(await read('--model', 'none.gguf', '--vision', 'quick', CIRCLE)).toMatchObject({
    code: 2,
    err: expect.stringContaining('--vision wants one of exact, balanced, fastest, not "quick"') as string,
  })
  expect(await read(...nanonets, '--profile', 'x', CIRCLE)).toMatchObject({
    code: 2,
    err: expect.stringMatching(
      /--profile x: there is no such profile that reads pages. It is one of .*olmocr-2/,
    ) as string,
  })
  expect(await read(...nanonets, '--job', 'x', CIRCLE)).toMatchObject({
    code: 2,
    err: expect.stringContaining('has no such job that reads pages. It has: page.') as string,
  })
})

test('refuses what is no way to read pages, with what would be one', async () => {
  expect(await read()).toMatchObject({ code: 2 })
  expect((await read('--model', 'x.gguf', '--format', 'docx', CIRCLE)).err).toContain('--format wants one of markdown')
  const unknown = await read('--model', demoModel.textPath, '--mmproj', demoModel.projectorPath!, CIRCLE)
  expect(unknown).toMatchObject({ code: 3, err: expect.stringMatching(/--profile.*olmocr-2/) as string })
  expect((await read('--profiles')).out).toContain('mineru-2.5\tMinerU 2.5')
})
