import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pictures } from './ffmpegFrames.ts'

const ppm = (width: number, height: number, fill: number) =>
  Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), Buffer.alloc(width * height * 3, fill)])
async function read(chunks: Iterable<Uint8Array>): Promise<string[]> {
  const found: string[] = []
  for await (const { width, height, data } of pictures(
    (async function* () {
      yield* chunks
    })(),
  ))
    found.push(`${width}x${height} ${data.length} ${data[0]} ${data.at(-1)}`)
  return found
}

test('pictures come one after the other, however the stream is cut', async () => {
  const stream = Buffer.concat([ppm(3, 2, 7), ppm(40, 30, 8), ppm(1, 1, 9)])
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 60 }), async (sizes) => {
      const chunks: Buffer[] = []
      for (let at = 0, i = 0; at < stream.length; at += sizes[i++ % sizes.length]!)
        chunks.push(stream.subarray(at, at + sizes[i % sizes.length]!))
      expect(await read(chunks)).toEqual(['3x2 18 7 7', '40x30 3600 8 8', '1x1 3 9 9'])
    }),
    { numRuns: 30 },
  )
})

test('a pixel of a PAM picture has a fourth byte, how opaque it is', async () => {
  const pam = Buffer.concat([
    Buffer.from('P7\nWIDTH 2\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n'),
    Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]),
  ])
  expect(await read([pam.subarray(0, 70), Buffer.concat([pam.subarray(70), pam])])).toEqual(['2x1 8 1 8', '2x1 8 1 8'])
})

test('a picture that is cut off is left out; anything else is refused', async () => {
  expect(await read([ppm(3, 2, 7), ppm(40, 30, 8).subarray(0, 500)])).toEqual(['3x2 18 7 7'])
  expect(await read([])).toEqual([])
  for (const bad of [
    'x'.repeat(100),
    `P6\n0 4\n255\n${'x'.repeat(80)}`,
    `P6\n99999 99999\n255\n${'x'.repeat(80)}`,
    `P5\n1 1\n255\n${'x'.repeat(80)}`,
  ])
    await expect(read([Buffer.from(bad)]), bad.slice(0, 12)).rejects.toThrow()
})
