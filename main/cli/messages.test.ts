import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import type { ErrorCode } from '#contract'
import { tempFolder } from '../testing/tempFolder.ts'
import { readMessages, toSource, videoFrames } from './messages.ts'

const folder = tempFolder()
afterAll(() => folder.remove())
const FOLDER = join(folder.path, 'elsewhere')
let files = 0
function write(content: unknown): string {
  const file = join(folder.path, `messages-${files++}.json`)
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}
const refusal = (code: ErrorCode, text: RegExp) => expect.objectContaining({ name: 'AppError', code, message: expect.stringMatching(text) as string }) as unknown
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

  test('that is missing is refused', () => expect(readMessages(join(folder.path, 'gone.json'))).rejects.toEqual(refusal('InvalidInput', /gone\.json could not be read/)))
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
  ])('%s is refused', (address, code, text) => expect(thrown(() => toSource(address, FOLDER))).toEqual(refusal(code, text)))

  test('a video file is not supported yet, a list of frames is', () => {
    expect(thrown(() => videoFrames('clip.mp4', FOLDER))).toEqual(refusal('NotYetSupported', /clip\.mp4.*list of frames/))
    expect(videoFrames(['1.png'], FOLDER)).toEqual([{ path: join(FOLDER, '1.png') }])
  })
})
