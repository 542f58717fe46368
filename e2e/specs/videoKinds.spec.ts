import type { Locator, Page } from '@playwright/test'
import type { ChatPage } from '../pages/chat.ts'
import { VideoPage } from '../pages/video.ts'
import { expect, test } from '../support/fixtures.ts'
import { cutRecording, hdrVideo, lateKeyFrame, liveRecording, transportStream, trimmed } from '../support/videoKinds.ts'

/** Frames per second and seconds of what is recorded here. */
const RECORDED = { fps: 20, seconds: 3 }

/** Has the page record a canvas as web sites and extensions do: a red square on nothing, or on grey. */
async function record(page: Page, isTransparent: boolean): Promise<Buffer> {
  const base64 = await page.evaluate(
    async ({ isTransparent, fps, seconds }) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 160, height: 120 })
      const context = canvas.getContext('2d', { alpha: isTransparent })
      const stream = canvas.captureStream(0)
      const [track] = stream.getVideoTracks() as CanvasCaptureMediaStreamTrack[]
      const recorder = new MediaRecorder(stream, { mimeType: 'video/webm;codecs=vp8' })
      const parts: Blob[] = []
      recorder.addEventListener('dataavailable', ({ data }) => parts.push(data))
      const ended = new Promise((resolve) => recorder.addEventListener('stop', resolve))
      recorder.start()
      for (let frame = 0; frame < fps * seconds; frame++) {
        context?.clearRect(0, 0, 160, 120)
        if (!isTransparent && context) Object.assign(context, { fillStyle: '#808080' }).fillRect(0, 0, 160, 120)
        if (context) Object.assign(context, { fillStyle: '#dc1e1e' }).fillRect(60 + (frame % 8), 40, 40, 40)
        track?.requestFrame()
        await new Promise((resolve) => setTimeout(resolve, 1000 / fps))
      }
      recorder.stop()
      await ended
      const bytes = new Uint8Array(await new Blob(parts).arrayBuffer())
      return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    },
    { isTransparent, ...RECORDED },
  )
  return Buffer.from(base64, 'base64')
}

/** The pixels of a frame as the model gets it: the colour of its corner, and where the coloured thing in it is, as shares of its sides. */
async function seen(frame: Locator): Promise<{ corner: number[]; x: number; y: number }> {
  return frame.evaluate(async (image: HTMLImageElement) => {
    const bitmap = await createImageBitmap(await (await fetch(image.src)).blob())
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')
    context?.drawImage(bitmap, 0, 0)
    const data = context?.getImageData(0, 0, bitmap.width, bitmap.height).data ?? new Uint8ClampedArray()
    let [x, y, count] = [0, 0, 0]
    for (let i = 0; i < data.length; i += 4) {
      const [red = 0, green = 0, blue = 0] = data.subarray(i, i + 3)
      if (Math.max(red, green, blue) - Math.min(red, green, blue) < 100) continue
      x += ((i / 4) % bitmap.width) / bitmap.width
      y += Math.floor(i / 4 / bitmap.width) / bitmap.height
      count++
    }
    return { corner: [...data.subarray(0, 3)], x: x / count, y: y / count }
  })
}

/** Drops a file, waits until all of its frames are with the core, and opens it. */
async function drop(chat: ChatPage, name: string, bytes: Buffer): Promise<VideoPage> {
  const videos = new VideoPage(chat.page)
  await chat.drop({ name, type: '', bytes })
  await expect(chat.button('Send')).toBeEnabled()
  await videos.open()
  return videos
}

const frame = (videos: VideoPage, n: number): Locator => videos.strip.nth(n).getByRole('presentation')

test('a recording of a browser has all of its frames, though it has no index and no length', async ({ chat }) => {
  const videos = await drop(chat, 'screen.webm', await record(chat.page, false))
  await expect(videos.cost).toContainText(/^[4-8] frames/)
  const { corner, y } = await seen(frame(videos, 1))
  for (const part of corner) expect(Math.abs(part - 128)).toBeLessThan(12)
  expect(y).toBeCloseTo(0.5, 1)
})

test('what is transparent in a video is over white, as in pictures', async ({ chat }) => {
  const videos = await drop(chat, 'overlay.webm', await record(chat.page, true))
  await expect(videos.cost).toContainText(/^[4-8] frames/)
  for (const n of [0, 3]) {
    const { corner, x, y } = await seen(frame(videos, n))
    for (const part of corner) expect(part).toBeGreaterThan(250)
    expect([Math.abs(x - 0.5) < 0.08, Math.abs(y - 0.5) < 0.05]).toEqual([true, true])
  }
})

test('a live recording whose clusters begin between key frames is read whole', async ({ chat }) => {
  const videos = await drop(chat, 'live.mkv', await liveRecording())
  await expect(videos.cost).toContainText('12 frames')
  // left along the middle for three seconds, then up
  expect((await seen(frame(videos, 0))).x).toBeGreaterThan(0.7)
  expect((await seen(frame(videos, 5))).x).toBeLessThan(0.35)
  expect((await seen(frame(videos, 11))).y).toBeLessThan(0.3)
})

test('a recording that was cut off is read as far as it goes, and that is said', async ({ chat }) => {
  const videos = await drop(chat, 'crashed.mkv', await cutRecording())
  await expect(videos.cost).toContainText('8 frames')
  await expect(videos.dialog.getByRole('note')).toHaveText('The file is cut off: what there is of it ends at 0:04.')
  await videos.close()
  await expect(videos.tiles.getByRole('img', { name: /cut off/ })).toBeVisible()
  await chat.ask('Which way does it move?')
  await expect((await chat.ended()).getByTestId('answer-text')).not.toBeEmpty()
})

test('a file that begins before its first key frame begins there', async ({ chat }) => {
  const videos = await drop(chat, 'cut-at-start.mp4', await lateKeyFrame())
  await expect(videos.cost).toContainText('12 frames')
  expect((await seen(frame(videos, 0))).x).toBeGreaterThan(0.7)
})

test('a transport stream is read', async ({ chat }) => {
  const videos = await drop(chat, 'camera.ts', await transportStream())
  await expect(videos.cost).toContainText('12 frames')
  expect((await seen(frame(videos, 0))).x).toBeLessThan(0.3)
})

test('what an edit list hides at the start and at the end is not shown', async ({ chat }) => {
  const videos = await drop(chat, 'trimmed.mp4', trimmed())
  await expect(videos.cost).toContainText('6 frames')
  // two of the three seconds to the right are hidden, and the last of those down the middle, which end at 0.79
  expect((await seen(frame(videos, 0))).x).toBeCloseTo(0.6, 1)
  const last = await seen(frame(videos, 5))
  expect(last.x).toBeCloseTo(0.5, 1)
  expect(last.y).toBeCloseTo(0.6, 1)
})

test('an HDR video is shown as an ordinary screen shows it, and that is said', async ({ chat }) => {
  const videos = await drop(chat, 'hdr.mkv', await hdrVideo())
  await expect(videos.cost).toContainText('12 frames')
  await expect(videos.dialog.getByRole('note')).toContainText('HDR')
  expect((await seen(frame(videos, 0))).x).toBeGreaterThan(0.6)
})
