import { lax, libvipsPicture, readMetadata, toSrgb } from './libvips.ts'
import type { OpenReader } from './reader.ts'
import { dropAfter, dropDifferent, firstDifference, readRawPixels, shown, WHOLE_WITHOUT_END } from './salvage.ts'

/** GIF: its first picture. One that is cut off is shown as far as it goes. */
export const openGif: OpenReader = async (file) => {
  const metadata = await readMetadata(file).catch(() => readMetadata(file, lax))
  return {
    ...libvipsPicture('gif', file.input, metadata),
    salvage: async () => {
      const bytes = await file.read()
      // after the cut come blocks of one byte, and of another in a second reading
      const read = async (value: number) => {
        const input = Buffer.concat([bytes, Buffer.alloc(metadata.width * metadata.height * 2 + 1024, value)])
        return readRawPixels((await toSrgb(input, metadata, 'stored', lax)).ensureAlpha())
      }
      const [one, other] = [await read(1), await read(2)]
      const from = firstDifference(one, other)
      if (from === Infinity) return shown(one, 1, [WHOLE_WITHOUT_END])
      return metadata.isProgressive ? dropDifferent(one, other) : dropAfter(one, from, 1)
    },
  }
}
