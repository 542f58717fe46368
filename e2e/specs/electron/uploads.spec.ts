import { appendFileSync, copyFileSync, existsSync, mkdirSync, readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { VideoPage } from '../../pages/video.ts'
import { expect, test } from '../../support/electronFixtures.ts'
import { root } from '../../support/electronProgram.ts'

/** Drops files and folders of this computer on the window as its desktop does, so that their paths are known to the shell. */
async function dropPaths(page: Page, ...paths: string[]): Promise<void> {
  const client = await page.context().newCDPSession(page)
  const data = { items: [], files: paths, dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await client.send('Input.dispatchDragEvent', { type, x: 400, y: 300, data })
  await client.detach()
}

const GB = 1024 ** 3

const attachments = (data: string) => join(data, 'data', 'attachments')
/** Files that are stored, without what is being stored and what is made of them. */
const stored = (data: string) =>
  readdirSync(attachments(data), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^[0-9a-f]{64}$/.test(entry.name))
    .map(({ parentPath, name }) => statSync(join(parentPath, name)).size)
const incoming = (data: string) => readdirSync(join(attachments(data), 'incoming'))

/** A video that is as long as it says and ends in `bytes` bytes that nobody needs, which take no room on the disk. */
function largeVideo(data: string, bytes: number): string {
  const folder = join(data, 'dropped')
  if (!existsSync(folder)) mkdirSync(folder)
  const path = join(folder, 'long.mp4')
  copyFileSync(join(root, 'e2e/fixtures/right-then-down.mp4'), path)
  // a box "free" whose size is "to the end of the file"
  appendFileSync(path, Buffer.from('\0\0\0\0free', 'latin1'))
  truncateSync(path, bytes)
  return path
}

test('a dropped file is stored from its path; its bytes do not pass through the window', async ({
  desktop,
  chat,
  data,
}) => {
  const posted: string[] = []
  desktop.page.on('request', (request) => request.method() === 'POST' && posted.push(request.url()))
  const path = join(root, 'resources/samples/red-circle.png')
  await dropPaths(desktop.page, path)
  await expect(chat.tray).toHaveCount(1)
  await expect(chat.tray.first()).toHaveAttribute('aria-busy', 'false')
  expect(stored(data)).toEqual([statSync(path).size])
  expect(posted).toEqual([])
  await chat.ask('What is in this picture?')
  await expect((await chat.ended()).getByTestId('answer-text')).toContainText(/red circle/i)
})

test('a pasted picture, which is in memory only, is stored too', async ({ chat, data }) => {
  await chat.paste('red-circle.png')
  await expect(chat.tray.first()).toHaveAttribute('aria-busy', 'false')
  expect(stored(data)).toEqual([statSync(join(root, 'resources/samples/red-circle.png')).size])
})

test('a video that is taken out while it is stored leaves nothing', async ({ desktop: { page }, chat, data }) => {
  const videos = new VideoPage(page)
  await dropPaths(page, largeVideo(data, 6 * GB))
  await expect(videos.tiles).toHaveCount(1)
  await expect.poll(() => incoming(data).length, { intervals: [20] }).toBe(1)
  await page.getByRole('button', { name: 'Remove video 1' }).click()
  await expect(videos.tiles).toHaveCount(0)
  await expect.poll(() => incoming(data)).toEqual([])
  expect(stored(data)).toEqual([])
  await expect(chat.refusals).toHaveCount(0)
})

test('a video that another program still writes is refused, and leaves nothing', async ({
  desktop: { page },
  chat,
  data,
}) => {
  const path = largeVideo(data, GB)
  await dropPaths(page, path)
  await expect.poll(() => incoming(data).length, { intervals: [20] }).toBe(1)
  appendFileSync(path, 'more')
  await expect(chat.refusals).toContainText('long.mp4 is still being changed by another program.')
  expect(incoming(data)).toEqual([])
  expect(stored(data)).toEqual([])
})

test('a folder is refused with what to do instead', async ({ desktop: { page }, chat, data }) => {
  await dropPaths(page, join(root, 'resources/samples'))
  await expect(chat.refusals).toContainText('samples is a folder. Folders cannot be added; add the files in it.')
  expect(stored(data)).toEqual([])
})
