import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { fakeOffice } from '../../main/lib/office/testing/fakeOffice.ts'
import { pdf, words } from '../../main/lib/pdf/testing/pdfFile.ts'
import { raf } from '../../main/lib/picture/raw/testing/rawFiles.ts'
import { apng } from '../../main/lib/picture/testing/apngFile.ts'
import { psd } from '../../main/lib/picture/testing/psdFile.ts'
import { tiffHead } from '../../main/lib/picture/tiff/encode.ts'
import { VideoPage } from '../pages/video.ts'
import { expect, test } from '../support/fixtures.ts'

const file = (name: string, bytes: Uint8Array) => ({ name, type: '', bytes })
const circleSvg =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><circle cx="10" cy="10" r="6" fill="rgb(220,38,38)"/></svg>'
const circle = await sharp(Buffer.from(circleSvg)).resize(200, 200).flatten({ background: 'white' }).raw().toBuffer()
const png = (background: string) =>
  sharp({ create: { width: 200, height: 120, channels: 3, background } })
    .png()
    .toBuffer()

/** A TIFF of an empty page, a red circle, and another empty page. */
function fax(): Buffer {
  const pages = [Buffer.alloc(circle.length, 255), circle, Buffer.alloc(circle.length, 255)]
  const tags = [
    [256, [200]],
    [257, [200]],
    [258, [8, 8, 8]],
    [259, [1]],
    [262, [2]],
    [277, [3]],
    [278, [200]],
  ] as const
  return Buffer.concat([tiffHead(pages.map(({ length }) => ({ tags, blockLengths: [length] }))), ...pages])
}

test('of a TIFF with several pages one is chosen, and answered about', async ({ chat }) => {
  await chat.drop(file('fax.tif', fax()))
  const dialog = chat.page.getByRole('dialog', { name: 'fax.tif' })
  await expect(dialog).toContainText('3 pages')
  const small = dialog.locator('img')
  await expect
    .poll(() => small.evaluateAll((all) => (all as HTMLImageElement[]).filter((one) => one.naturalWidth > 0).length))
    .toBe(3)
  await dialog.getByRole('option', { name: 'Page 2', exact: true }).click()
  await dialog.getByRole('button', { name: 'Add 1 page' }).click()
  await expect(chat.tray).toHaveAttribute('title', /^fax\.tif, page 2 · 200 × 200/)
  await expect(chat.tray).not.toContainText('is shown')
  await chat.ask('What is in the picture?')
  await expect(await chat.ended()).toContainText(/red circle/i)
})

test('a drawing is drawn as large as its detail; files of cameras and of Photoshop are shown', async ({ chat }) => {
  await chat.drop(file('plan.svg', Buffer.from(circleSvg)))
  const drawing = chat.tray.first()
  await expect(drawing).toHaveAttribute('title', /^plan\.svg · 1000 × 1000/)
  await drawing.getByRole('button', { name: /^Detail of picture 1/ }).click()
  await chat.page.getByRole('menuitem', { name: /^High/ }).click()
  await expect(drawing).toHaveAttribute('title', /^plan\.svg · 1792 × 1792/)

  const planes = [0, 1, 2].map((channel) => Buffer.from(circle.filter((_, i) => i % 3 === channel)))
  await chat.drop(file('design.psd', psd({ planes, size: [200, 200] })))
  const jpeg = await sharp(circle, { raw: { width: 200, height: 200, channels: 3 } })
    .jpeg()
    .toBuffer()
  await chat.drop(file('DSCF0001.RAF', raf(jpeg)))
  await expect(chat.tray).toHaveCount(3)
  await expect(chat.tray.nth(1)).toHaveAttribute('title', /^design\.psd · 200 × 200/)
  await expect(chat.tray.nth(2)).toContainText('the picture that the camera stored')
  const shown = chat.tray.locator('img')
  await expect
    .poll(() => shown.evaluateAll((all) => (all as HTMLImageElement[]).map(({ naturalWidth }) => naturalWidth > 0)))
    .toEqual([true, true, true])
})

test('a moving picture is a still one or a video with the times of its pictures', async ({ chat }) => {
  const { page } = chat
  const colours = await Promise.all(['rgb(200,0,0)', 'rgb(0,0,200)', 'rgb(0,150,0)', 'rgb(200,0,0)'].map(png))
  const videos = new VideoPage(page)
  const asVideo = page.getByRole('button', { name: 'Use as a video' })
  for (const [name, bytes] of [
    [
      'moves.gif',
      await sharp(colours, { join: { animated: true } })
        .gif({ delay: [500, 1500, 500, 500] })
        .toBuffer(),
    ],
    ['moves.png', apng(colours, [500, 1500, 500, 500])],
  ] as const) {
    await chat.drop(file(name, bytes))
    await expect(chat.tray).toContainText('This is a sequence of 4 pictures')
    await asVideo.click()
    await expect(videos.tiles).toHaveCount(1)
    await expect(chat.button('Send')).toBeEnabled()
    await videos.open()
    await expect(videos.cost).toContainText(/^4 frames/)
    await expect(videos.dialog).toContainText('200 × 120 · 0:03')
    await expect(videos.strip).toHaveText([/0:00\.0/, /0:00\.5/, /0:02\.0/, /0:02\.5/])
    await videos.dialog.getByRole('button', { name: 'Use only the first picture' }).click()
    await expect(videos.tiles).toHaveCount(0)
    await expect(chat.tray).toContainText('This is a sequence of 4 pictures')
    await page.getByRole('button', { name: /^Remove picture 1/ }).click()
  }
})

test('a JPEG XL that moves, which no browser shows, is a video too', async ({ chat }) => {
  const { page } = chat
  const videos = new VideoPage(page)
  await chat.drop(
    file('moves.jxl', readFileSync(join(import.meta.dirname, '../../main/lib/picture/fixtures/moving.jxl'))),
  )
  await page.getByRole('button', { name: 'Use as a video' }).click()
  await expect(videos.tiles).toHaveCount(1)
  await expect(chat.button('Send')).toBeEnabled()
  await videos.open()
  await expect(videos.dialog).toContainText('24 × 16')
  await expect(videos.cost).toContainText(/^[23] frames/)
})

const letter = file('letter.docx', Buffer.from(`PK\x03\x04${'\0'.repeat(26)}[Content_Types].xml`, 'latin1'))

test.describe('where LibreOffice is', () => {
  test.skip(process.platform === 'win32', 'it is a script here')
  const folder = mkdtempSync(join(tmpdir(), 'sightline-office-'))
  const made = pdf([{ content: words('Dear Sir') }, { content: words('Yours') }])
  test.use({ environment: { PATH: fakeOffice(folder, made).path } })
  test.afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('of an office document pages are chosen', async ({ chat }) => {
    await chat.drop(letter)
    const dialog = chat.page.getByRole('dialog', { name: 'letter.docx' })
    await expect(dialog).toContainText('2 pages')
    await dialog.getByRole('option', { name: 'Page 2', exact: true }).click()
    await dialog.getByRole('button', { name: 'Add 1 page' }).click()
    await expect(chat.tray).toHaveAttribute('aria-label', /letter\.docx, page 2/)
  })
})
