import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { bytesOf, type Bytes } from './bytes.ts'
import { checkSampleTables } from './sampleTables.ts'

const sample = readFileSync(new URL('../../../resources/samples/circle-turns-blue.mp4', import.meta.url))

/** The sample with a 32-bit number at `offset` behind the name of its first box of this type. */
function claiming(type: string, offset: number, value: number): Promise<Bytes> {
  const bytes = Uint8Array.from(sample)
  const at = new TextDecoder('latin1').decode(bytes).indexOf(type) + 4 + offset
  new DataView(bytes.buffer).setUint32(at, value)
  return bytesOf(new Blob([bytes]))
}

test('a whole file passes, and so does what is no MP4', async () => {
  await checkSampleTables(await bytesOf(new Blob([sample])))
  await checkSampleTables(
    await bytesOf(new Blob([readFileSync(new URL('../../../resources/samples/red-circle.png', import.meta.url))])),
  )
  await checkSampleTables(await bytesOf(new Blob([])))
})

test.each([
  ['stts', 4, 2 ** 32 - 1],
  ['stts', 8, 2 ** 31],
  ['ctts', 4, 2 ** 24],
  ['ctts', 8, 2 ** 31],
  ['stss', 4, 2 ** 31],
  ['stsc', 4, 2 ** 31],
  ['stsc', 12, 2 ** 20],
  ['stsz', 8, 2 ** 31],
  ['stco', 4, 2 ** 31],
])('a count in %s that the file cannot hold is damage', async (type, offset, value) => {
  await expect(checkSampleTables(await claiming(type, offset, value))).rejects.toMatchObject({ code: 'DamagedMedia' })
})
