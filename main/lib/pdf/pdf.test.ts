import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createPdfReader } from './index.ts'
import type { DrawnPage } from './index.ts'
import { loadPdfium } from './pdfium.ts'
import { chineseWords, filled, pdf, words } from './testing/pdfFile.ts'
import type { PdfPageSpec } from './testing/pdfFile.ts'

const folder = tempFolder()
let reader = createPdfReader()
afterEach(async () => {
  await reader.close()
  reader = createPdfReader()
})
afterAll(() => folder.remove())

let files = 0
function file(bytes: Uint8Array, password?: string) {
  const path = join(folder.path, `${files++}.pdf`)
  writeFileSync(path, bytes)
  return { path, name: 'paper.pdf', ...(password !== undefined && { password }) }
}
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('should have failed'),
    (error: unknown) => error,
  )
/** The colour at a place in shares of the page. */
function at({ data, width, height }: DrawnPage, x: number, y: number): number[] {
  const i = (Math.floor(y * height) * width + Math.floor(x * width)) * 3
  return [...data.subarray(i, i + 3)]
}
/** Whether anything but white lies in a box, in shares of the page. */
function hasInk(page: DrawnPage, x1: number, y1: number, x2: number, y2: number): boolean {
  for (let y = Math.floor(y1 * page.height); y < y2 * page.height; y++)
    for (let x = Math.floor(x1 * page.width); x < x2 * page.width; x++)
      if (page.data[(y * page.width + x) * 3 + 1]! < 128) return true
  return false
}
const raise = (): never => expect.fail('there is none')
const RED = [255, 0, 0]
const BLUE = [0, 0, 255]
const WHITE = [255, 255, 255]

describe('a page', () => {
  test('is drawn over white, each one, again and again', async () => {
    const source = file(pdf([{ content: words('One') }, { content: filled(0, 0, 1) }]))
    expect(await reader.pages(source)).toEqual({ pages: 2 })
    for (let i = 0; i < 2; i++) {
      const one = await reader.draw(source, 1, 80_000)
      expect({ width: one.width, height: one.height, notes: one.notes }).toEqual({ width: 400, height: 200, notes: [] })
      expect(at(one, 0.9, 0.9)).toEqual(WHITE)
      expect(hasInk(one, 0.1, 0.35, 0.4, 0.65)).toBe(true)
      expect(at(await reader.draw(source, 2, 80_000), 0.5, 0.5)).toEqual(BLUE)
    }
  })

  test('has as many pixels as its budget, 200 dpi at most, and its own shape', async () => {
    const letter = file(pdf([{ content: words('A'), entries: '/MediaBox [0 0 612 792]' }]))
    const low = await reader.draw(letter, 1, 256 * 28 ** 2)
    expect(low.width * low.height).toBeLessThanOrEqual(256 * 28 ** 2)
    expect(low.width * low.height).toBeGreaterThan(0.98 * 256 * 28 ** 2)
    expect(low.width / low.height).toBeCloseTo(612 / 792, 2)
    const high = await reader.draw(letter, 1, Infinity)
    expect([high.width, high.height]).toEqual([1700, 2200])
  })

  test('is turned and cropped as it says; a unit of its own changes nothing of its picture', async () => {
    const left = '1 0 0 rg 0 0 100 100 re f'
    const source = file(
      pdf([
        { content: left, entries: '/Rotate 90' },
        { content: left, entries: '/CropBox [50 0 150 50]' },
        { content: left, entries: '/UserUnit 10' },
        { content: left },
      ]),
    )
    const turned = await reader.draw(source, 1, 80_000)
    expect([turned.width, turned.height]).toEqual([200, 400])
    expect([at(turned, 0.5, 0.25), at(turned, 0.5, 0.75)]).toEqual([RED, WHITE])
    const cropped = await reader.draw(source, 2, 80_000)
    expect([cropped.width, cropped.height]).toEqual([400, 200])
    expect([at(cropped, 0.45, 0.5), at(cropped, 0.55, 0.5)]).toEqual([RED, WHITE])
    const [unit, plain] = [await reader.draw(source, 3, 80_000), await reader.draw(source, 4, 80_000)]
    expect(Buffer.compare(Buffer.from(unit.data), Buffer.from(plain.data))).toBe(0)
  })

  test('has its annotations, and the values of its form without the colour that viewers lay over fields', async () => {
    const field = (rect: string, more: string) => `/Subtype /Widget /FT /Tx /T (${rect}) /Rect [${rect}] /F 4 ${more}`
    const annotations = [
      '/Subtype /Square /Rect [10 10 60 90] /C [0 0 1] /IC [1 0 0] /F 4',
      field('100 10 190 40', '/V (Filled) /DA (/F1 20 Tf 0 g)'),
      field('100 60 190 90', '/DA (/F1 20 Tf 0 g)'),
    ]
    const page = await reader.draw(file(pdf([{ content: words(''), annotations }], { form: true })), 1, 80_000)
    expect(at(page, 0.17, 0.5)).toEqual(RED)
    expect(hasInk(page, 0.5, 0.6, 0.95, 0.9)).toBe(true)
    expect(at(page, 0.75, 0.25)).toEqual(WHITE)
    expect(hasInk(page, 0.5, 0.1, 0.95, 0.4)).toBe(false)
  })
})

describe('the text layer of a page', () => {
  const lines = async (page: PdfPageSpec) => (await reader.draw(file(pdf([page])), 1, 80_000)).lines

  test('has its lines with the boxes that they are drawn in', async () => {
    const page = await reader.draw(
      file(pdf([{ content: `${words('Total 42')} ${words('far').replace('20 40', '160 40')}` }])),
      1,
      80_000,
    )
    expect(page.lines.map(({ text }) => text)).toEqual(['Total 42', 'far'])
    const [{ x1, y1, x2, y2 } = raise()] = page.lines
    expect(x1).toBeCloseTo(0.1, 1)
    expect(hasInk(page, x1, y1, x2, y2)).toBe(true)
    expect(hasInk(page, 0, 0, 1, y1)).toBe(false)
    expect(hasInk(page, 0, y2, 1, 1)).toBe(false)
  })

  test('lies as the page is shown: turned and cropped, and without what is cut off', async () => {
    const [turned = raise()] = await lines({ content: words('Turned'), entries: '/Rotate 90' })
    expect(turned.y2 - turned.y1).toBeGreaterThan(turned.x2 - turned.x1)
    expect(turned.y1).toBeLessThan(0.2)
    expect(await lines({ content: words('Gone'), entries: '/CropBox [150 60 200 100]' })).toEqual([])
  })

  test('has what is written invisibly over a scan, and every sign of a font that is not in the file', async () => {
    expect(await lines({ content: words('Layer').replace('Tf', 'Tf 3 Tr') })).toMatchObject([{ text: 'Layer' }])
    expect(await lines({ content: `${words('Hi')} ${chineseWords.replace('20 40', '20 10')}` })).toMatchObject([
      { text: 'Hi' },
      { text: '中文' },
    ])
  })

  test('is not read for small pictures, and a page without one has none', async () => {
    const source = file(pdf([{ content: words('One') }, { content: filled(0, 0, 1) }]))
    expect((await reader.draw(source, 1, 80_000, { mayBeBlank: true })).lines).toEqual([])
    expect((await reader.draw(source, 2, 80_000)).lines).toEqual([])
  })
})

describe('labels of pages', () => {
  const labelled = (nums: string, pages = 4) =>
    file(
      pdf(
        Array.from({ length: pages }, () => ({})),
        { catalogue: `/PageLabels << /Nums [${nums}] >>` },
      ),
    )

  test('are told where they are not the numbers', async () => {
    const source = labelled('0 << /S /r >> 2 << /S /D >> 3 << /P (A-) /S /D >>')
    expect(await reader.pages(source)).toEqual({ pages: 4, labels: ['i', 'ii', '1', 'A-1'] })
    expect(await reader.draw(source, 4, 80_000)).toMatchObject({ label: 'A-1' })
    expect(await reader.pages(labelled('0 << /S /D >>'))).toEqual({ pages: 4 })
  })

  test('that are endless or empty are the numbers', async () => {
    expect(await reader.pages(labelled(`0 << /P (${'x'.repeat(500)}) >> 2 << /P (Z) >>`))).toEqual({
      pages: 4,
      labels: ['1', '2', 'Z', 'Z'],
    })
    expect(await reader.pages(labelled('0 << >>'))).toEqual({ pages: 4 })
  })
})

describe('text whose font is not in the file', () => {
  test('is never a blank page, save as a small picture to choose by', async () => {
    const source = file(pdf([{ content: chineseWords }]))
    expect(await failure(reader.draw(source, 1, 80_000))).toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringMatching(/^Page 1 of paper\.pdf has text that cannot be drawn here.* Print it/) as string,
      detail: { text: '中文' },
    })
    expect(await reader.draw(source, 1, 80_000, { mayBeBlank: true })).toMatchObject({ width: 400 })
  })

  test('is told where it stands beside text that is seen', async () => {
    const source = file(pdf([{ content: `${words('Hi')} ${chineseWords.replace('20 40', '100 40')}` }]))
    const { notes } = await reader.draw(source, 1, 80_000)
    expect(notes).toEqual([expect.stringMatching(/^2 of 4 characters on this page are not to be seen/) as string])
  })

  test('is not suspected of a layer that is hidden', async () => {
    const layer = `/OC /Hidden BDC ${words('Draft')} EMC ${words('Seen').replace('20 40', '20 10')}`
    const page = { content: layer, resources: '/Properties << /Hidden 7 0 R >>' }
    const catalogue = '/OCProperties << /OCGs [7 0 R] /D << /OFF [7 0 R] >> >>'
    const bytes = pdf([page], { catalogue, objects: ['<< /Type /OCG /Name (Hidden) >>'] })
    expect((await reader.draw(file(bytes), 1, 80_000)).notes).toEqual([])
  })

  test('is not suspected of white text on colour, nor of an invisible layer over a scan; a page without ink says so', async () => {
    const unseen = words('Layer').replace('Tf', 'Tf 3 Tr')
    const source = file(
      pdf([
        {},
        { content: `${filled(0, 0, 1)} 1 1 1 rg ${words('White')}` },
        { content: `${unseen} ${filled(0.5, 0.5, 0.5)}` },
        { content: `1 1 1 rg ${words('Hidden')}` },
      ]),
    )
    const notes: (readonly string[])[] = []
    for (const page of [1, 2, 3, 4]) notes.push((await reader.draw(source, page, 80_000)).notes)
    expect(notes).toEqual([
      ['This page is empty.'],
      [],
      [],
      ['Nothing is to be seen on this page as it is drawn here, though there is something on it.'],
    ])
  })
})

describe('a file that does not open', () => {
  test('asks for its password, and says of a wrong one that it is', async () => {
    const bytes = pdf([{ content: words('Secret') }], { password: 'open sesame' })
    expect(await failure(reader.pages(file(bytes)))).toMatchObject({
      code: 'PasswordNeeded',
      detail: { wrong: false },
      message: 'paper.pdf is protected by a password. Type it to open the file.',
    })
    expect(await failure(reader.pages(file(bytes, 'sesame')))).toMatchObject({
      code: 'PasswordNeeded',
      detail: { wrong: true },
    })
    const page = await reader.draw(file(bytes, 'open sesame'), 1, 80_000)
    expect(hasInk(page, 0.1, 0.35, 0.6, 0.65)).toBe(true)
  })

  test.each([
    ['is cut off at its head', (bytes: Buffer) => bytes.subarray(0, 30)],
    ['is noise behind its head', () => Buffer.from(`%PDF-1.7\n${'\x00\xff<<[('.repeat(5000)}`, 'latin1')],
    [
      'has a catalogue that is its own page tree',
      () =>
        Buffer.from(
          '%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 1 0 R/Kids[1 0 R]/Count 9>>\nendobj\ntrailer<</Root 1 0 R>>',
        ),
    ],
  ])('because it %s is damaged; the next file opens', async (_, spoil) => {
    const good = pdf([{ content: words('Good') }])
    const error = await failure(reader.draw(file(spoil(good)), 1, 80_000))
    expect(error).toMatchObject({ code: 'DamagedMedia', message: expect.stringContaining('paper.pdf') as string })
    expect(await reader.pages(file(good))).toEqual({ pages: 1 })
  })

  test('because it is not there is not found', async () => {
    const gone = { path: join(folder.path, 'gone.pdf'), name: 'gone.pdf' }
    expect(await failure(reader.pages(gone))).toMatchObject({ code: 'MediaNotFound' })
  })
})

describe('bounds', () => {
  test('a page that is not there is refused with how many there are', async () => {
    const source = file(pdf([{}, {}]))
    for (const page of [0, 3, 1.5, 2 ** 31])
      expect(await failure(reader.draw(source, page, 80_000)), `${page}`).toMatchObject({
        code: 'InvalidInput',
        message: `paper.pdf has 2 pages; there is no page ${page}.`,
      })
  })

  test('a page of any size in points has the pixels of its budget; a strip is refused', async () => {
    const source = file(
      pdf([
        { content: filled(1, 0, 0), entries: '/MediaBox [0 0 14000000 14000000]' },
        { content: filled(1, 0, 0), entries: '/MediaBox [0 0 14400 2]' },
      ]),
    )
    const { width, height } = await reader.draw(source, 1, 80_000)
    expect(width * height).toBeLessThanOrEqual(80_000)
    expect(await failure(reader.draw(source, 2, 80_000))).toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringContaining('paper.pdf, page 2') as string,
    })
  })

  test('ten thousand pages open, and the last one is drawn', async () => {
    const source = file(
      pdf(Array.from({ length: 10_000 }, (_, i) => ({ content: i === 9_999 ? filled(1, 0, 0) : '' }))),
    )
    expect(await reader.pages(source)).toEqual({ pages: 10_000 })
    expect(at(await reader.draw(source, 10_000, 80_000), 0.5, 0.5)).toEqual(RED)
  })

  test('what wants more memory than its limit is refused, and the next file opens', async () => {
    let started = 0
    const tight = createPdfReader(() => (started++, loadPdfium(24 * 1024 ** 2)))
    const source = file(pdf([{ content: words('Much'), entries: '/MediaBox [0 0 2000 1000]' }]))
    expect(await failure(tight.draw(source, 1, 16_000_000))).toMatchObject({
      code: 'MediaTooLarge',
      message: expect.stringContaining('needs more memory') as string,
    })
    expect((await tight.draw(source, 1, 80_000)).width).toBe(400)
    expect(started).toBe(2)
    await tight.close()
  })
})
