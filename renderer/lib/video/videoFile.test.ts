import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { AppError } from '#contract'
import { openVideoFile } from './videoFile.ts'

const sample = readFileSync(new URL('../../../resources/samples/circle-turns-blue.mp4', import.meta.url))
const picture = readFileSync(new URL('../../../resources/samples/red-circle.png', import.meta.url))
const refused = (bytes: Uint8Array<ArrayBuffer>) => openVideoFile(new Blob([bytes])).then((video) => video.read()).catch((thrown: unknown) => thrown as AppError)

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
    if (outcome instanceof Error) expect(outcome).toMatchObject({ name: 'AppError', code: expect.stringMatching(/^(DamagedMedia|UnsupportedMedia)$/) as string })
  }
})

test('whatever bytes of its index are wrong, it opens or is refused with a typed error', async () => {
  let seed = 1
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
  for (let round = 0; round < 100; round++) {
    const bytes = Uint8Array.from(sample)
    for (let i = 0; i < 4; i++) bytes[random(1400)] = random(256)
    const outcome = await refused(bytes)
    if (outcome instanceof Error) expect(outcome).toMatchObject({ name: 'AppError', code: expect.stringMatching(/^(DamagedMedia|UnsupportedMedia)$/) as string })
  }
})
