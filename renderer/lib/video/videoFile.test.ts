import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { AppError } from '#contract'
import { openVideoFile } from './videoFile.ts'

const sample = readFileSync(new URL('../../../resources/samples/circle-turns-blue.mp4', import.meta.url))
const picture = readFileSync(new URL('../../../resources/samples/red-circle.png', import.meta.url))
const refused = (bytes: Uint8Array<ArrayBuffer>) =>
  openVideoFile(new Blob([bytes]))
    .then((video) => video.read())
    .catch((thrown: unknown) => thrown as AppError)

test('a file tells when each of its frames is shown, its size and its codec', async () => {
  const video = await openVideoFile(new Blob([sample]))
  const { facts, times } = await video.read()
  expect(facts).toEqual({ frames: 48, fps: 12, durationMs: 4000, startMs: 0, width: 336, height: 336, codec: 'avc' })
  expect(video.known).toMatchObject({ width: 336, height: 336, codecName: 'H.264' })
  expect([...times.slice(0, 3)]).toEqual([0, 1 / 12, 2 / 12].map((time) => expect.closeTo(time, 6) as number))
})

test('without WebCodecs nothing is decodable, but the facts are there', async () => {
  expect((await openVideoFile(new Blob([sample]))).known.isDecodable).toBe(false)
})

test('what is no video is refused as such', async () => {
  for (const bytes of [picture, new Uint8Array(), new TextEncoder().encode('These are my notes.\n'.repeat(100))]) {
    expect(await refused(bytes)).toMatchObject({ code: 'UnsupportedMedia' })
  }
})

test('however a file is cut off, it opens or is refused with a typed error', async () => {
  for (let length = 0; length < sample.length; length += 487) {
    const outcome = await refused(sample.subarray(0, length))
    if (outcome instanceof Error)
      expect(outcome).toMatchObject({
        name: 'AppError',
        code: expect.stringMatching(/^(DamagedMedia|UnsupportedMedia)$/) as string,
      })
  }
})

test('a file that ends in the midst of its index is called cut off, not one without a video', async () => {
  // a whole sample has its index first
  const latin = new TextDecoder('latin1').decode(sample)
  const at = latin.indexOf('moov')
  const cut = sample.subarray(0, latin.indexOf('trak', at) + 100)
  expect(await refused(cut)).toMatchObject({
    code: 'DamagedMedia',
    message: expect.stringMatching(/cut off in the midst of its index/) as string,
  })
})

test('whatever bytes of its index are wrong, it opens or is refused with a typed error', async () => {
  let seed = 1
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
  for (let round = 0; round < 100; round++) {
    const bytes = Uint8Array.from(sample)
    for (let i = 0; i < 4; i++) bytes[random(1400)] = random(256)
    const outcome = await refused(bytes)
    if (outcome instanceof Error)
      expect(outcome).toMatchObject({
        name: 'AppError',
        code: expect.stringMatching(/^(DamagedMedia|UnsupportedMedia)$/) as string,
      })
  }
})

test('a WebM file that ends in the midst has the frames that are whole, and says that it was cut off', async () => {
  const whole = readFileSync(new URL('../../../e2e/fixtures/left-then-up.webm', import.meta.url))
  const { facts } = await (await openVideoFile(new Blob([whole]))).read()
  expect(facts).toMatchObject({ frames: 72, fps: 12, durationMs: 6000, codec: 'vp9' })
  expect(facts.notes).toBeUndefined()
  let most = 0
  for (const share of [0.2, 0.5, 0.7, 0.95]) {
    const cut = await (await openVideoFile(new Blob([whole.subarray(0, Math.floor(whole.length * share))]))).read()
    expect(cut.facts.notes).toEqual([
      expect.stringMatching(/^The file is cut off: what there is of it ends at 0:0\d\.$/),
    ])
    expect(cut.facts.frames).toBeGreaterThan(most)
    expect(cut.facts.frames).toBeLessThan(72)
    most = cut.facts.frames
  }
  expect(most).toBeGreaterThan(60)
})

test('an MP4 file that ends in the midst of its frames has those that are whole', async () => {
  const { facts } = await (await openVideoFile(new Blob([sample.subarray(0, Math.floor(sample.length * 0.9))]))).read()
  expect(facts.frames).toBeGreaterThan(10)
  expect(facts.frames).toBeLessThan(48)
  expect(facts.notes).toEqual([expect.stringContaining('cut off')])
})

test('what an edit list hides at the start and at the end is none of the frames', async () => {
  const bytes = Uint8Array.from(readFileSync(new URL('../../../e2e/fixtures/right-then-down.mp4', import.meta.url)))
  const view = new DataView(bytes.buffer)
  const inside = (type: string) => new TextDecoder('latin1').decode(bytes).indexOf(type) + 4
  const [list, movie, media] = [
    inside('elst'),
    view.getUint32(inside('mvhd') + 12),
    view.getUint32(inside('mdhd') + 12),
  ]
  view.setUint32(list + 8, 3 * movie)
  view.setInt32(list + 12, view.getInt32(list + 12) + 2 * media)
  const { facts, times } = await (await openVideoFile(new Blob([bytes]))).read()
  expect(facts).toMatchObject({ frames: 36, fps: 12, durationMs: 3000, startMs: 0 })
  expect([times[0], times[35]]).toEqual([0, expect.closeTo(35 / 12, 4)])
})
