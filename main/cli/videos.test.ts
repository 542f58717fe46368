import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { sampleFrames } from '../lib/video/index.ts'
import { apng } from '../lib/picture/testing/apngFile.ts'
import { tempFolder } from '../testing/tempFolder.ts'
import { Videos } from './videos.ts'

const FPS = 30
const TOTAL = 90
const GREY_STEP = 2

const folder = tempFolder()
const clip = join(folder.path, 'clip, one.mkv')
const missing = spawnSync('ffmpeg', ['-version']).error
  ? 'ffmpeg is not installed: the frames of video files are not tried here'
  : null
if (missing) process.stderr.write(`${missing}\n`)

const abort = new AbortController()
const videos = new Videos(abort.signal)
afterEach(() => {
  vi.unstubAllEnvs()
  return videos.close()
})
afterAll(() => folder.remove())

/** A video without loss whose every frame is grey by its number, made by ffmpeg. */
function makeClip(file: string, { width, height, frames }: { width: number; height: number; frames: number }): void {
  const raw = Buffer.concat(Array.from({ length: frames }, (_, i) => Buffer.alloc(width * height * 3, i * GREY_STEP)))
  const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-r', String(FPS), '-i', 'pipe:0']
  execFileSync('ffmpeg', ['-v', 'error', ...input, '-c:v', 'ffv1', '-pix_fmt', 'bgr0', file], { input: raw })
}
const pathsOf = (frames: readonly unknown[]) => frames.map((frame) => (frame as { path: string }).path)
const greyOf = async (path: string) => (await sharp(path).removeAlpha().raw().toBuffer())[0]!

describe.skipIf(missing !== null)('the frames of a video file', () => {
  beforeAll(() => makeClip(clip, { width: 64, height: 48, frames: TOTAL }))

  test.each([undefined, 1, 30])('are those that the reference chooses, at %s frames per second', async (fps) => {
    const { frames, fps: sampled } = await videos.read(clip, fps)
    const expected = sampleFrames(TOTAL, FPS, fps === undefined ? {} : { fps })
    expect(await Promise.all(pathsOf(frames).map(greyOf))).toEqual(expected.indices.map((index) => index * GREY_STEP))
    expect(sampled).toBeCloseTo(expected.fps, 9)
  })

  test('are those of the part that is wanted', async () => {
    const { frames, fps: sampled } = await videos.read(clip, 5, { startMs: 1000, endMs: 2000 })
    const expected = sampleFrames(31, FPS, { fps: 5 }, 30)
    expect(expected.indices[0]).toBe(30)
    expect(await Promise.all(pathsOf(frames).map(greyOf))).toEqual(expected.indices.map((index) => index * GREY_STEP))
    expect(sampled).toBeCloseTo(expected.fps, 9)
    await expect(videos.read(clip, 5, { startMs: 60_000, endMs: 70_000 })).rejects.toMatchObject({
      code: 'InvalidInput',
    })
  })

  test('are fewer and smaller where they have to fit, which is told', async () => {
    const told: string[] = []
    const fitted = new Videos(abort.signal, (note) => void told.push(note))
    const usual = { minPixels: 784, maxPixels: 784 * 16 }
    fitted.room = { tokens: 1000, usual }
    expect(await fitted.read(clip, undefined)).toMatchObject({ frames: { length: 6 } })
    expect(told).toEqual([])
    fitted.room = { tokens: 16, usual }
    const { frames, fps, minPixels, maxPixels } = await fitted.read(clip, 10)
    expect(frames.length * maxPixels!).toBeLessThanOrEqual(16 * 784 * 2)
    expect(minPixels).toBeLessThanOrEqual(maxPixels!)
    expect(fps).toBeLessThan(10)
    expect(told).toEqual([
      expect.stringMatching(
        /^clip, one\.mkv: to fit the context, \d+ frames \([\d.]+ per second\) of at most [\d,]+ pixels are shown: \d+ tokens instead of \d+\.$/,
      ),
    ])
    await fitted.close()
  })

  test('keep their size, unless no model sees them so large', async () => {
    const large = join(folder.path, 'large.mkv')
    makeClip(large, { width: 2400, height: 600, frames: 2 })
    expect(await sharp(pathsOf((await videos.read(clip, undefined)).frames)[0]).metadata()).toMatchObject({
      width: 64,
      height: 48,
    })
    expect(await sharp(pathsOf((await videos.read(large, undefined)).frames)[0]).metadata()).toMatchObject({
      width: 2048,
      height: 512,
    })
  })

  test('are gone afterwards', async () => {
    vi.stubEnv('TMPDIR', folder.path)
    const [first] = pathsOf((await videos.read(clip, undefined)).frames)
    expect(existsSync(first!)).toBe(true)
    const kept = () => readdirSync(folder.path).filter((name) => /^sightline-\d+-\w+-frames-/.test(name)).length
    expect(kept()).toBe(1)
    await videos.close()
    expect(kept()).toBe(0)
  })

  test('of a damaged file or one with a single frame are refused', async () => {
    const damaged = join(folder.path, 'damaged.mp4')
    writeFileSync(
      damaged,
      Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 'latin1'), Buffer.alloc(4000, 7)]),
    )
    await expect(videos.read(damaged, undefined)).rejects.toMatchObject({
      code: 'DamagedMedia',
      message: expect.stringContaining('damaged.mp4') as string,
    })
    const still = join(folder.path, 'still.mkv')
    makeClip(still, { width: 64, height: 48, frames: 1 })
    await expect(videos.read(still, undefined)).rejects.toMatchObject({
      code: 'InvalidInput',
      message: expect.stringContaining('has 1 frame;') as string,
    })
  })

  test('are not read on once that is stopped', async () => {
    const stopped = new Videos(AbortSignal.abort())
    await expect(stopped.read(clip, undefined)).rejects.toMatchObject({ code: 'Interrupted' })
    await stopped.close()
  })
})

describe('a picture that moves', () => {
  const delays = [500, 1500, 250, 750]
  const greys = [0, 60, 120, 180]
  const pngs = () =>
    Promise.all(
      greys.map((grey) =>
        sharp({ create: { width: 64, height: 48, channels: 3, background: { r: grey, g: grey, b: grey } } })
          .png()
          .toBuffer(),
      ),
    )
  const read = async (name: string, bytes: Uint8Array) => {
    const path = join(folder.path, name)
    writeFileSync(path, bytes)
    return videos.read(path, undefined)
  }
  const shown = async (frames: readonly unknown[]) =>
    (await Promise.all(pathsOf(frames).map(greyOf))).map((grey) => Math.round(grey / 60) * 60)
  const AT = [0, 0.5, 2, 2.25]

  test.each(['gif', 'webp'] as const)(
    'as %s is a video without ffmpeg, each picture at its own time',
    async (format) => {
      vi.stubEnv('PATH', folder.path)
      const joined = sharp(await pngs(), { join: { animated: true } })
      const bytes = await (format === 'gif'
        ? joined.gif({ delay: delays })
        : joined.webp({ delay: delays, lossless: true })
      ).toBuffer()
      const { frames, seconds } = await read(`moves.${format}`, bytes)
      expect(seconds?.map((time) => Math.round(time * 1000) / 1000)).toEqual(AT)
      expect(await shown(frames)).toEqual(greys)
    },
  )

  test.skipIf(missing !== null)('as APNG is one with ffmpeg', async () => {
    const { frames, seconds } = await read('moves.png', apng(await pngs(), delays))
    expect(seconds?.map((time) => Math.round(time * 1000) / 1000)).toEqual(AT)
    expect(await shown(frames)).toEqual(greys)
  })

  test.skipIf(missing !== null)('as AVIF is one with ffmpeg', async () => {
    const { frames, seconds } = await videos.read(join(import.meta.dirname, '../lib/picture/fixtures/sequence.avif'), 3)
    expect(frames.length).toBeGreaterThan(1)
    expect(seconds?.[1]).toBeCloseTo(1 / 3, 2)
  })

  test.each(['gif', 'webp', 'png', 'avif'] as const)('that stands still is none: %s', async (format) => {
    const still = await sharp((await pngs())[0])
      .toFormat(format)
      .toBuffer()
    await expect(read(`still.${format}`, still)).rejects.toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringMatching(/^still\.\w+ is a picture\. Ask about it with --image/) as string,
    })
  })
})

test('without ffmpeg a video file is refused, and the message says what to install', async () => {
  vi.stubEnv('PATH', folder.path)
  const file = join(folder.path, 'any.mkv')
  writeFileSync(file, '\x1aE\xdf\xa3', 'latin1')
  await expect(videos.read(file, undefined)).rejects.toMatchObject({
    code: 'NotYetSupported',
    message: expect.stringMatching(/any\.mkv.*Install ffmpeg/) as string,
  })
})
