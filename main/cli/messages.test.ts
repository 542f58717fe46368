import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import sharp from 'sharp'
import { afterAll, describe, expect, test, vi } from 'vitest'
import type { ErrorCode } from '#contract'
import { tempFolder } from '../testing/tempFolder.ts'
import { readMessages as read, toSource, videoPart } from './messages.ts'
import { Videos } from './videos.ts'

const folder = tempFolder()
afterAll(() => folder.remove())
const teal = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'teal' } })
  .png()
  .toBuffer()
const FOLDER = join(folder.path, 'elsewhere')
const videos = new Videos(new AbortController().signal)
const readMessages = (file: string) => read(file, videos)
let files = 0
function write(content: unknown): string {
  const file = join(folder.path, `messages-${files++}.json`)
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}
const refusal = (code: ErrorCode, text: RegExp) =>
  expect.objectContaining({ name: 'AppError', code, message: expect.stringMatching(text) as string }) as unknown
const thrown = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return error
  }
}

describe('a messages file', () => {
  test('gives the parts of the model card, paths resolved against the file', async () => {
    const file = write([
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Compare ' },
          { type: 'image', image: 'a.png', resized_height: 280, resized_width: 420 },
          { type: 'image_url', image_url: { url: '/b.png' }, min_pixels: 3136, max_pixels: 50176 },
          { type: 'image_url', image_url: pathToFileURL(join(folder.path, 'c d.png')).href },
          { type: 'video', video: ['sub/1.png', 'sub/2.png'], fps: 1.5 },
        ],
      },
      { role: 'assistant', content: [{ type: 'text', text: 'No.' }] },
    ])
    const at = (name: string) => ({ path: join(folder.path, name) })
    expect(await readMessages(file)).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Compare ' },
          { type: 'image', source: at('a.png'), resizedHeight: 280, resizedWidth: 420 },
          { type: 'image', source: { path: '/b.png' }, minPixels: 3136, maxPixels: 50176 },
          { type: 'image', source: at('c d.png') },
          { type: 'video', frames: [at('sub/1.png'), at('sub/2.png')], fps: 1.5 },
        ],
      },
      { role: 'assistant', content: [{ type: 'text', text: 'No.' }] },
    ])
  })

  test.each<[string, unknown, RegExp]>([
    ['broken JSON', '[{"role": "user"', /is not valid JSON/],
    ['no list', { role: 'user', content: 'Hi' }, /the file: /],
    ['an empty list', [], /the file: /],
    ['an unknown role', [{ role: 'tool', content: 'Hi' }], /0\.role/],
    ['an unknown part', [{ role: 'user', content: [{ type: 'audio', audio: 'a.wav' }] }], /0\.content/],
    ['a part without its text', [{ role: 'user', content: [{ type: 'text' }] }], /0\.content/],
    ['a size of 0', [{ role: 'user', content: [{ type: 'image', image: 'a.png', max_pixels: 0 }] }], /0\.content/],
    ['a video of no frames', [{ role: 'user', content: [{ type: 'video', video: [] }] }], /0\.content/],
  ])('with %s is refused and says where', async (_name, content, text) => {
    await expect(readMessages(write(content))).rejects.toEqual(refusal('InvalidInput', text))
  })

  test('that is missing is refused', () =>
    expect(readMessages(join(folder.path, 'gone.json'))).rejects.toEqual(
      refusal('InvalidInput', /gone\.json could not be read/),
    ))
})

describe('an address', () => {
  test('a path or file:// address is a file', () => {
    expect(toSource('a.png', FOLDER)).toEqual({ path: join(FOLDER, 'a.png') })
    expect(toSource('/x/a.png', FOLDER)).toEqual({ path: '/x/a.png' })
    expect(toSource('file:///x/a%20b.png', FOLDER)).toEqual({ path: '/x/a b.png' })
    expect(toSource('a:b.png', FOLDER)).toEqual({ path: join(FOLDER, 'a:b.png') })
  })

  test('data: gives its bytes', () => {
    const bytes = (address: string) => [...(toSource(address, FOLDER) as { bytes: Uint8Array }).bytes]
    expect(bytes('data:image/png;base64,AQID')).toEqual([1, 2, 3])
    expect(bytes('data:,a%62')).toEqual([97, 98])
  })

  test.each<[string, ErrorCode, RegExp]>([
    ['data:image/png;base64', 'DamagedMedia', /has no data/],
    ['data:image/png,%zz', 'DamagedMedia', /could not be decoded/],
    ['file://host/a.png', 'MediaNotFound', /file:\/\/host/],
    ['http://127.0.0.1/a.png', 'UnsupportedMedia', /Nothing is fetched/],
    ['HTTPS://example.org/a.png', 'UnsupportedMedia', /Nothing is fetched/],
    ['ftp://example.org/a.png', 'UnsupportedMedia', /Nothing is fetched/],
  ])('%s is refused', (address, code, text) =>
    expect(thrown(() => toSource(address, FOLDER))).toEqual(refusal(code, text)),
  )
})

describe('a video', () => {
  const part = (video: string | readonly string[], fps?: number) =>
    videoPart(video, { folder: folder.path, fps, videos })
  const at = (name: string) => ({ path: join(folder.path, name) })

  test('is a list of frames, or their names with commas between them', async () => {
    const video = { type: 'video', frames: [at('2.png'), at('1.png')] }
    expect(await part(['2.png', '1.png'])).toEqual(video)
    expect(await part('2.png, 1.png', 3)).toEqual({ ...video, fps: 3 })
    await expect(part('2.png,http://127.0.0.1/1.png')).rejects.toEqual(
      refusal('UnsupportedMedia', /Nothing is fetched/),
    )
  })

  test('is a folder of frames, in the order in which a person counts them', async () => {
    const frames = join(folder.path, 'frames, many')
    mkdirSync(frames)
    for (const name of ['frame10.png', 'frame9.png', 'Frame1.JPG', 'notes.txt', '.hidden.png'])
      writeFileSync(join(frames, name), '')
    expect(await part('frames, many', 12)).toEqual({
      type: 'video',
      fps: 12,
      frames: ['Frame1.JPG', 'frame9.png', 'frame10.png'].map((name) => ({ path: join(frames, name) })),
    })
    const empty = join(folder.path, 'empty')
    mkdirSync(empty)
    await expect(part('empty')).rejects.toEqual(refusal('InvalidInput', /empty holds no pictures/))
  })

  test('is the part of a file that is named in seconds', async () => {
    const read = vi.spyOn(videos, 'read').mockResolvedValue({ frames: [], fps: 2 })
    const wanted = [{}, { video_start: 1.5 }, { video_end: 4 }, { video_start: 1.5, video_end: 4, fps: 1 }]
    await readMessages(
      write([{ role: 'user', content: wanted.map((part) => ({ type: 'video', video: 'a.mp4', ...part })) }]),
    )
    const file = join(folder.path, 'a.mp4')
    expect(read.mock.calls.map((call) => call.slice(0, 3))).toEqual([
      [file, undefined, null],
      [file, undefined, { startMs: 1500, endMs: Number.MAX_SAFE_INTEGER }],
      [file, undefined, { startMs: 0, endMs: 4000 }],
      [file, 1, { startMs: 1500, endMs: 4000 }],
    ])
    read.mockRestore()
  })

  test.each<[string, string | Buffer, ErrorCode, RegExp]>([
    ['list.m3u8', '#EXTM3U\nhttp://127.0.0.1/x.ts\n', 'UnsupportedMedia', /list\.m3u8 is no video/],
    ['notes.mp4', 'Shopping list', 'UnsupportedMedia', /notes\.mp4 is no video/],
    ['photo.png', teal, 'UnsupportedMedia', /photo\.png is a picture\. Ask about it with --image/],
    ['empty.mp4', '', 'UnsupportedMedia', /empty\.mp4 is empty/],
  ])('is not %s', async (name, content, code, text) => {
    writeFileSync(join(folder.path, name), content)
    await expect(part(name)).rejects.toEqual(refusal(code, text))
  })

  test.skipIf(process.platform === 'win32')('is no pipe, which would be waited for', async () => {
    execFileSync('mkfifo', [join(folder.path, 'pipe.mp4')])
    await expect(part('pipe.mp4')).rejects.toEqual(refusal('UnsupportedMedia', /pipe\.mp4 is a device/))
  })

  // root may read everything
  test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'that may not be read is refused by its name',
    async () => {
      writeFileSync(join(folder.path, 'secret.mp4'), 'x', { mode: 0 })
      await expect(part('secret.mp4')).rejects.toEqual(refusal('MediaNotFound', /^secret\.mp4 may not be read/))
    },
  )

  test('that is missing, on the network or in a data: address is refused', async () => {
    await expect(part('gone.mp4')).rejects.toEqual(refusal('MediaNotFound', /gone\.mp4/))
    await expect(part('https://example.org/a.mp4')).rejects.toEqual(refusal('UnsupportedMedia', /Nothing is fetched/))
    await expect(part('data:video/mp4;base64,AAAA')).rejects.toEqual(refusal('UnsupportedMedia', /Save it/))
  })
})
