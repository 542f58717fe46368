import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import sharp from 'sharp'
import { AppError } from '#contract'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openStore } from '../../../lib/database/index.ts'
import type { Store } from '../../../lib/database/index.ts'
import { chineseWords, filled, pdf, words } from '../../../lib/pdf/testing/pdfFile.ts'
import { fakeOffice } from '../../../lib/office/testing/fakeOffice.ts'
import { tiffHead } from '../../../lib/picture/tiff/encode.ts'
import { forkWorker } from '../../../nodePorts.ts'
import { tempFolder } from '../../../testing/tempFolder.ts'
import { visionOf } from '../../../lib/families/families.ts'
import { createMedia } from '../index.ts'
import type { Media } from '../index.ts'
import { createPages } from './pages.ts'

const BUDGET = { minPixels: 28 ** 2, maxPixels: 1536 * 28 ** 2 }
const DAY = 24 * 60 * 60 * 1000

let folder: ReturnType<typeof tempFolder>
let store: Store
let media: Media
let failures: unknown[]
const open = () =>
  createMedia({
    db: store.db,
    folder: folder.path,
    spawnWorker: forkWorker,
    filePaths: false,
    modelRoom: () => ({ budget: BUDGET, vision: visionOf('qwen2vl'), contextTokens: 4096, encoded: [] }),
    onFailure: (error) => failures.push(error),
  })
beforeEach(() => {
  folder = tempFolder()
  store = openStore(folder.path)
  failures = []
  media = open()
})
afterEach(async () => {
  await media.close()
  store.close()
  folder.remove()
  expect(failures).toEqual([])
})

const options = { signal: new AbortController().signal }
const add = (bytes: Uint8Array, name = 'paper.pdf') => media.attachments.store(name, Readable.from([bytes]))
const take = (sha: string, page: number, budget: typeof BUDGET | null = null) =>
  media.procedures.pages.takePage({ sha, name: 'paper.pdf', page, budget }, options)
const failure = (work: () => unknown) =>
  Promise.resolve()
    .then(work)
    .then(
      () => expect.fail('should have failed'),
      (error: unknown) => error,
    )
const stored = () => readdirSync(join(folder.path, 'pdfs'))
const twoPages = pdf([{ content: words('One') }, { content: filled(1, 0, 0), entries: '/MediaBox [0 0 612 792]' }])

test('a PDF is stored as a PDF, and a page of it as a picture that has its name and its budget', async () => {
  const file = await add(twoPages)
  expect(file).toEqual({
    sha: file.sha,
    kind: 'paged',
    mime: 'application/pdf',
    name: 'paper.pdf',
    bytes: twoPages.length,
  })
  const { sha } = file
  expect(await media.procedures.pages.open({ sha, name: 'paper.pdf' }, options)).toEqual({ pages: 2 })
  const page = await take(sha, 2)
  expect(page).toMatchObject({
    kind: 'image',
    mime: 'image/png',
    name: 'paper.pdf, page 2',
    width: 964,
    height: 1248,
    page: { pdf: sha, number: 2 },
  })
  expect(media.attachments.get(page.sha)).toEqual(page)
  const { dominant } = await sharp(media.attachments.pathOf(page.sha)).stats()
  expect(dominant.r).toBeGreaterThan(240)
  const sizes = async (tokens: number) => {
    const { width, height } = await take(sha, 2, { ...BUDGET, maxPixels: tokens * 28 ** 2 })
    return [width, height]
  }
  expect(await sizes(64)).toEqual([879, 1137])
  expect(await sizes(4096)).toEqual([1575, 2038])
  expect(await sizes(16_384)).toEqual([1700, 2200])
})

test('pages have small pictures, made once', async () => {
  const { sha } = await add(twoPages)
  const { path, mime } = await media.attachments.open(sha, { page: 2 })
  expect(mime).toBe('image/webp')
  expect(await sharp(path).metadata()).toMatchObject({ format: 'webp', width: 208, height: 269 })
  expect((await media.attachments.open(sha, { page: 2 })).path).toBe(path)
  expect(await failure(() => media.attachments.open(sha, { page: 3 }))).toMatchObject({ code: 'InvalidInput' })
  expect(await failure(() => media.attachments.open('0'.repeat(64), { page: 1 }))).toMatchObject({ code: 'NotFound' })
})

test('small pictures that end their reader are given up after two, and a page is still drawn when it is wanted', async () => {
  const asked: number[] = []
  const crash = new AppError('DamagedMedia', 'It ended.', { endedReader: true })
  const paged = createPages({
    folder: join(folder.path, 'hostile'),
    media: {
      pages: () => Promise.resolve({ pages: 9 }),
      page: () => Promise.reject(new AppError('DamagedMedia', 'Still tried.')),
      pageThumbnail(_, page) {
        asked.push(page)
        return Promise.reject(crash)
      },
    },
    attachments: media.attachments,
    usualBudget: () => BUDGET,
  })
  const sha = 'a'.repeat(64)
  const upload = join(folder.path, 'upload')
  writeFileSync(upload, twoPages)
  await paged.keep(upload, sha)
  const small = await Promise.all([1, 2, 3, 4].map((page) => failure(() => paged.openPage(sha, page))))
  expect(asked).toEqual([1, 2])
  expect(small.slice(0, 2)).toEqual([crash, crash])
  expect(small[3]).toMatchObject({ code: 'DamagedMedia', message: expect.stringContaining('too long') as string })
  const wanted = paged.procedures.takePage({ sha, name: 'paper.pdf', page: 1, budget: null }, options)
  expect(await failure(() => wanted)).toMatchObject({ message: 'Still tried.' })
})

test('a password is asked for, remembered while the app runs, and not kept anywhere', async () => {
  const { sha } = await add(pdf([{ content: words('Secret') }], { password: 'sesame' }))
  const unlock = (password?: string) =>
    media.procedures.pages.open({ sha, name: 'paper.pdf', ...(password !== undefined && { password }) }, options)
  expect(await failure(() => unlock())).toMatchObject({ code: 'PasswordNeeded', detail: { wrong: false } })
  expect(await failure(() => take(sha, 1))).toMatchObject({ code: 'PasswordNeeded' })
  expect(await failure(() => unlock('open'))).toMatchObject({ code: 'PasswordNeeded', detail: { wrong: true } })
  expect(await unlock('sesame')).toEqual({ pages: 1 })
  expect(await unlock()).toEqual({ pages: 1 })
  expect(await take(sha, 1)).toMatchObject({ name: 'paper.pdf, page 1' })
  await media.close()
  media = open()
  expect(await failure(() => unlock())).toMatchObject({ code: 'PasswordNeeded', detail: { wrong: false } })
})

test('the text layer of a page is kept beside its picture, and goes with it; what its file calls it is in its name', async () => {
  const { sha } = await add(
    pdf([{ content: words('Receipt') }, { content: filled(1, 0, 0) }], {
      catalogue: '/PageLabels << /Nums [0 << /S /r >>] >>',
    }),
  )
  expect(await media.procedures.pages.open({ sha, name: 'paper.pdf' }, options)).toEqual({
    pages: 2,
    labels: ['i', 'ii'],
  })
  const [written, drawn] = [await take(sha, 1), await take(sha, 2)]
  expect(written).toMatchObject({ name: 'paper.pdf, page i (1)', page: { number: 1, label: 'i', text: true } })
  expect(drawn.page).toEqual({ pdf: sha, number: 2, label: 'ii' })
  const text = async (of: string) => (await media.procedures.pages.text({ sha: of }, options)).lines
  expect(await text(written.sha)).toMatchObject([{ text: 'Receipt' }])
  expect(await text(drawn.sha)).toEqual([])
  store.db.exec('DELETE FROM page_texts')
  await expect(text(written.sha)).rejects.toMatchObject({ code: 'NotFound' })
  await take(sha, 1)
  expect(await text(written.sha)).toHaveLength(1)
  await media.collect(() => [], new Map([[written.sha, Date.now() + 1000]]))
  expect(await text(written.sha)).toEqual([])
})

test('a page whose text cannot be drawn is refused, and one that says something says it', async () => {
  const { sha } = await add(
    pdf([{ content: chineseWords }, { content: `${words('Hi')} ${chineseWords.replace('20 40', '100 40')}` }]),
  )
  expect(await failure(() => take(sha, 1))).toMatchObject({ code: 'UnsupportedMedia' })
  const { notes } = await take(sha, 2)
  expect(notes).toEqual([expect.stringContaining('2 of 4 characters') as string])
})

test('a file that only begins like a PDF is stored, and refused when it is opened', async () => {
  const { sha } = await add(Buffer.from('%PDF-1.7\nnothing'))
  expect(await failure(() => media.procedures.pages.open({ sha, name: 'paper.pdf' }, options))).toMatchObject({
    code: 'DamagedMedia',
  })
})

test('pages of a TIFF are chosen as those of a PDF are, each as large as it is', async () => {
  const solid = (colour: number) => ({
    tags: [
      [256, [40]],
      [257, [30]],
      [258, [8]],
      [259, [1]],
      [262, [1]],
      [277, [1]],
      [278, [30]],
    ] as const,
    block: Buffer.alloc(1200, colour),
  })
  const scans = [solid(10), solid(200), solid(90)]
  const tiff = Buffer.concat([
    tiffHead(scans.map(({ tags, block }) => ({ tags, blockLengths: [block.length] }))),
    ...scans.map(({ block }) => block),
  ])
  const file = await add(tiff, 'fax.tif')
  expect(file).toMatchObject({ kind: 'paged', mime: 'image/tiff', name: 'fax.tif' })
  const { sha } = file
  expect(await media.procedures.pages.open({ sha, name: 'fax.tif' }, options)).toEqual({ pages: 3 })
  const page = await media.procedures.pages.takePage({ sha, name: 'fax.tif', page: 2, budget: null }, options)
  expect(page).toMatchObject({ kind: 'image', name: 'fax.tif, page 2', width: 40, height: 30, page: { number: 2 } })
  expect(page).not.toHaveProperty('notes')
  const { dominant } = await sharp(media.attachments.pathOf(page.sha)).stats()
  expect(Math.abs(dominant.r - 200)).toBeLessThan(9)
  expect((await media.attachments.open(sha, { page: 3 })).mime).toBe('image/webp')
  const none = media.procedures.pages.takePage({ sha, name: 'fax.tif', page: 4, budget: null }, options)
  expect(await failure(() => none)).toMatchObject({ code: 'InvalidInput' })
  // as a conversation of before, or of another program, has it
  const picture = await media.attachments.storePicture('fax.tif', Readable.from([tiff]))
  expect(picture).toMatchObject({ kind: 'image', pages: 3, notes: ['Page 1 of 3 is shown.'] })
})

test('an SVG drawing is one page, as large as its budget allows, and has its own name', async () => {
  const drawing =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 2"><rect width="4" height="2" fill="red"/></svg>'
  const { sha, kind } = await add(Buffer.from(drawing), 'plan.svg')
  expect(kind).toBe('paged')
  expect(await media.procedures.pages.open({ sha, name: 'plan.svg' }, options)).toEqual({ pages: 1 })
  const draw = async (tokens: number) => {
    const budget = { ...BUDGET, maxPixels: tokens * 28 ** 2 }
    return media.procedures.pages.takePage({ sha, name: 'plan.svg', page: 1, budget }, options)
  }
  expect(await draw(64)).toMatchObject({ name: 'plan.svg', mime: 'image/png', width: 1414, height: 707 })
  expect(await draw(4096)).toMatchObject({ width: 2534, height: 1267 })
})

test.skipIf(process.platform === 'win32')('a document becomes a PDF where LibreOffice is', async () => {
  const letter = Buffer.from(`PK\x03\x04${'\0'.repeat(26)}[Content_Types].xml`, 'latin1')
  vi.stubEnv('PATH', folder.path)
  expect(await failure(() => add(letter, 'letter.docx'))).toMatchObject({
    code: 'UnsupportedMedia',
    message: expect.stringContaining('letter.docx is a document of an office program') as string,
  })
  vi.unstubAllEnvs()
  vi.stubEnv('PATH', fakeOffice(folder.path, twoPages).path)
  const file = await add(letter, 'letter.docx')
  vi.unstubAllEnvs()
  expect(file).toMatchObject({ kind: 'paged', mime: 'application/pdf', name: 'letter.docx', bytes: letter.length })
  expect(await media.procedures.pages.open({ sha: file.sha, name: 'letter.docx' }, options)).toEqual({ pages: 2 })
  expect(
    await media.procedures.pages.takePage({ sha: file.sha, name: 'letter.docx', page: 2, budget: null }, options),
  ).toMatchObject({ name: 'letter.docx, page 2' })
  expect(readdirSync(join(folder.path, 'attachments', 'incoming'))).toEqual([])
})

describe('PDFs are removed', () => {
  const age = (sha: string) => {
    const then = new Date(Date.now() - DAY - 1000)
    utimesSync(join(folder.path, 'pdfs', sha, 'file.pdf'), then, then)
  }

  test('a day after nobody used them, with what was made of them', async () => {
    const [{ sha: old }, { sha: fresh }] = [await add(twoPages), await add(pdf([{}]))]
    await media.attachments.open(old, { page: 1 })
    age(old)
    await media.collect(() => [])
    expect(stored()).toEqual([fresh])
    expect(await failure(() => take(old, 1))).toMatchObject({ code: 'NotFound' })
  })

  test('not while a picture of a page of them is held', async () => {
    const { sha } = await add(twoPages)
    const page = await take(sha, 1)
    age(sha)
    await media.collect(() => [page.sha])
    expect(stored()).toEqual([sha])
    expect(await take(sha, 2)).toMatchObject({ name: 'paper.pdf, page 2' })
  })

  test('at once with the conversation that alone held a page of them', async () => {
    const { sha } = await add(twoPages)
    const page = await take(sha, 1)
    const other = await add(pdf([{ content: words('Other') }]))
    await media.collect(() => [], new Map([[page.sha, Date.now() + 1000]]))
    expect(stored()).toEqual([other.sha])
    expect(existsSync(join(folder.path, 'pdfs', sha))).toBe(false)
    expect(media.attachments.get(page.sha)).toBeNull()
  })
})
