import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { resizeBicubic } from './lib/picture/index.ts'
import { tempFolder } from './testing/tempFolder.ts'
import {
  answerTo,
  app,
  client,
  code,
  facts,
  folder,
  frame,
  mp4,
  progressOf,
  stored,
  whole,
} from './testing/videoTestbed.ts'

const missing = spawnSync('ffmpeg', ['-version']).error
  ? 'ffmpeg is not installed: videos that this computer itself decodes are not tried here'
  : null
if (missing) process.stderr.write(`${missing}\n`)

describe('without ffmpeg', () => {
  beforeEach(() => vi.stubEnv('PATH', folder.path))

  test('a video that the window does not know is refused, and what to do is said', async () => {
    await expect(
      app.attachments.store('old.avi', Readable.from([Buffer.from('RIFF\x10\0\0\0AVI LISTmore', 'latin1')])),
    ).rejects.toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringMatching(/old\.avi.*Install ffmpeg/) as string,
    })
    expect(
      existsSync(join(folder.path, 'data', 'attachments', 'incoming')) &&
        readdirSync(join(folder.path, 'data', 'attachments', 'incoming')),
    ).toEqual([])
  })

  test('frames that the window cannot decode are refused by the name of their codec', async () => {
    const { sha } = await stored('clip.mp4', mp4, { ...facts, codec: 'hevc' })
    const { sample } = await client.videos.plan(whole(sha))
    await expect(progressOf(sha, sample)).rejects.toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringMatching(/codec of clip\.mp4, H\.265 \(HEVC\),.*Install ffmpeg/) as string,
      detail: { codec: 'hevc', missing: 'ffprobe' },
    })
  })
})

test.skipIf(process.platform === 'win32' || missing !== null)(
  'an ffmpeg that lacks the decoder is told by the name of the codec',
  async () => {
    const { sha } = await stored(
      'clip.mp4',
      readFileSync(resolve(import.meta.dirname, '../resources/samples/circle-turns-blue.mp4')),
    )
    const { sample } = await client.videos.plan(whole(sha))
    writeFileSync(
      join(folder.path, 'ffmpeg'),
      '#!/bin/sh\necho "Decoding requested, but no decoder found for: hevc" >&2\nexit 1\n',
    )
    chmodSync(join(folder.path, 'ffmpeg'), 0o700)
    vi.stubEnv('PATH', `${folder.path}:${process.env['PATH']}`)
    await expect(progressOf(sha, sample)).rejects.toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringContaining('clip.mp4, H.265 (HEVC),') as string,
      detail: { codec: 'hevc' },
    })
  },
)

describe.skipIf(missing !== null)('with ffmpeg', () => {
  const own = tempFolder()
  const clip = join(own.path, 'clip.mkv')
  afterAll(() => own.remove())
  beforeAll(() => {
    const raw = Buffer.concat(Array.from({ length: facts.frames }, (_, n) => frame(n).data))
    execFileSync(
      'ffmpeg',
      [
        '-v',
        'error',
        '-f',
        'rawvideo',
        '-pix_fmt',
        'rgb24',
        '-s',
        '160x120',
        '-r',
        '30',
        '-i',
        'pipe:0',
        '-c:v',
        'ffv1',
        '-pix_fmt',
        'bgr0',
        clip,
      ],
      { input: raw },
    )
  })
  test('a video that came without facts is measured, and its frames are those that the window would send', async () => {
    const attachment = await app.attachments.store('clip.mkv', Readable.from([readFileSync(clip)]))
    expect(attachment).toMatchObject({
      kind: 'video',
      mime: 'video/x-matroska',
      width: 160,
      height: 120,
      frames: 90,
      fps: 30,
      codec: 'ffv1',
      startMs: 0,
    })
    const { sample } = await client.videos.plan(whole(attachment.sha))
    expect(await progressOf(attachment.sha, sample)).toEqual([0, 1, 2, 3, 4, 5, 6])
    const { key } = await client.videos.begin({ sha: attachment.sha, sample })
    for (const [n, index] of sample.indices.entries())
      expect(
        await sharp((await app.frames.open(key, n)).path)
          .raw()
          .toBuffer(),
        `frame ${n}`,
      ).toEqual(Buffer.from(resizeBicubic(frame(index), sample).data))
    expect(await progressOf(attachment.sha, sample)).toEqual([6])
    const every = await client.videos.plan({
      of: attachment.sha,
      range: { startMs: 0, endMs: 2000 },
      fps: 30,
      taken: 0,
    })
    expect((await progressOf(attachment.sha, every.sample)).at(-1)).toBe(60)
    unlinkSync(join(folder.path, 'data', 'frames', key.slice(0, 2), key, '2.png'))
    expect(await progressOf(attachment.sha, sample)).toEqual([5, 6])
    expect(
      await answerTo(
        await client.ask.send({ conversationId: null, parts: [{ type: 'video', key, name: 'clip.mkv' }] }),
      ),
    ).toMatchObject({ status: 'complete' })
  })

  test('frames have the size in which the video is shown, however it is stored', async () => {
    const [odd, large] = [join(own.path, 'odd.mp4'), join(own.path, 'large.mkv')]
    const make = (file: string, size: string, ...more: string[]) =>
      execFileSync('ffmpeg', [
        '-v',
        'error',
        '-f',
        'lavfi',
        '-i',
        `testsrc=size=${size}:rate=5:duration=2`,
        ...more,
        file,
      ])
    make(odd, '160x120', '-vf', 'setsar=2/1', '-c:v', 'mpeg4')
    make(large, '2400x300', '-c:v', 'ffv1')
    for (const [file, shown] of [
      [odd, { width: 320, height: 120 }],
      [large, { width: 2400, height: 300 }],
    ] as const) {
      const attachment = await app.attachments.store(file, Readable.from([readFileSync(file)]))
      expect(attachment).toMatchObject({ ...shown, frames: 10 })
      const { sample } = await client.videos.plan(whole(attachment.sha))
      expect(await progressOf(attachment.sha, sample)).toEqual([0, 1, 2, 3, 4])
    }
  })

  test('reading stops when it is told to, and what is stored stays', async () => {
    const { sha } = await app.attachments.store('clip.mkv', Readable.from([readFileSync(clip)]))
    const { sample } = await client.videos.plan({ of: sha, range: null, fps: 30, taken: 0 })
    const stop = new AbortController()
    const reading = async () => {
      for await (const { done } of await client.videos.extract({ sha, sample }, { signal: stop.signal }))
        if (done === 3) stop.abort()
    }
    await reading().catch(() => {})
    const { missing } = await client.videos.begin({ sha, sample })
    expect(missing.length).toBeGreaterThan(0)
    expect(missing.length).toBeLessThan(sample.indices.length)
  })

  test('a damaged file is refused', async () => {
    await expect(app.attachments.store('damaged.mp4', Readable.from([mp4]))).rejects.toEqual(code('DamagedMedia'))
  })

  test('of a file that is cut off there is what is left, and that is said; also after its row is read again', async () => {
    const half = readFileSync(clip)
    const video = await app.attachments.store('half.mkv', Readable.from([half.subarray(0, half.length / 2)]))
    if (video.kind !== 'video') throw new Error(video.kind)
    expect([video.frames > 30, video.frames < 60, video.fps]).toEqual([true, true, 30])
    expect(video.notes).toEqual([
      expect.stringMatching(/^The file is cut off: what there is of it ends at 0:01\. It says that it is 0:03 long\.$/),
    ])
    expect(app.attachments.get(video.sha)).toEqual(video)
    const { sample } = await client.videos.plan(whole(video.sha))
    expect((await progressOf(video.sha, sample)).at(-1)).toBe(sample.indices.length)
  })

  test('a window that counted other frames than ffmpeg gets those of the same times', async () => {
    const { sha } = await stored('clip.mkv', readFileSync(clip), { ...facts, frames: 45, fps: 15 })
    const { sample } = await client.videos.plan(whole(sha))
    expect((await progressOf(sha, sample)).at(-1)).toBe(sample.indices.length)
    const { key } = await client.videos.begin({ sha, sample })
    for (const [n, index] of sample.indices.entries())
      expect(
        await sharp((await app.frames.open(key, n)).path)
          .raw()
          .toBuffer(),
        `frame ${n}`,
      ).toEqual(Buffer.from(resizeBicubic(frame(index * 2), sample).data))
  })

  test('the sample of the app is one of these', async () => {
    const sampleFile = readFileSync(resolve(import.meta.dirname, '../resources/samples/circle-turns-blue.mp4'))
    expect(await app.attachments.store('sample.mp4', Readable.from([sampleFile]))).toMatchObject({
      kind: 'video',
      mime: 'video/mp4',
    })
  })
})
