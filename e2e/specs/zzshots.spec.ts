import sharp from 'sharp'
import { tiffHead } from '../../main/lib/picture/tiff/encode.ts'
import { expect, test } from '../support/fixtures.ts'
const file = (name: string, bytes: Uint8Array) => ({ name, type: '', bytes })
const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 30 20"><circle cx="10" cy="10" r="6" fill="rgb(220,38,38)"/></svg>'
test('shots', async ({ chat }) => {
  const { page } = chat
  const png = (background: string) => sharp({ create: { width: 200, height: 120, channels: 3, background } }).png().toBuffer()
  const colours = await Promise.all(['rgb(200,0,0)', 'rgb(0,0,200)', 'rgb(0,150,0)', 'rgb(200,0,0)'].map(png))
  await chat.drop(file('moves.gif', await sharp(colours, { join: { animated: true } }).gif({ delay: [500, 1500, 500, 500] }).toBuffer()))
  await chat.drop(file('plan.svg', Buffer.from(svg)))
  await expect(chat.tray).toHaveCount(2)
  await chat.drop(file('letter.docx', Buffer.from(`PK\x03\x04${'\0'.repeat(26)}[Content_Types].xml`, 'latin1')))
  await expect(chat.refusals).toHaveCount(1)
  for (const [w, scheme] of [[1280, 'light'], [420, 'dark']] as const) {
    await page.setViewportSize({ width: w, height: 800 })
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    await page.screenshot({ path: `/tmp/kj/shot-${w}-${scheme}.png` })
  }
  await page.getByRole('button', { name: 'Use as a video' }).click()
  await expect(chat.button('Send')).toBeEnabled()
  await page.screenshot({ path: `/tmp/kj/shot-video.png` })
  await page.getByRole('button', { name: /^Open video/ }).click()
  await page.waitForTimeout(800)
  await page.screenshot({ path: `/tmp/kj/shot-dialog-420.png` })
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.screenshot({ path: `/tmp/kj/shot-dialog.png` })
  await page.keyboard.press('Escape')
  const px = await sharp(Buffer.from(svg)).resize(300, 200).flatten({ background: 'white' }).raw().toBuffer()
  const tags = [[256, [300]],[257, [200]],[258, [8, 8, 8]],[259, [1]],[262, [2]],[277, [3]],[278, [200]]] as const
  const pages = Array.from({ length: 5 }, () => px)
  await chat.drop(file('fax.tif', Buffer.concat([tiffHead(pages.map(({ length }) => ({ tags, blockLengths: [length] }))), ...pages])))
  await expect(page.getByRole('dialog', { name: 'fax.tif' })).toContainText('5 pages')
  await page.waitForTimeout(1500)
  await page.screenshot({ path: `/tmp/kj/shot-pages.png` })
})
