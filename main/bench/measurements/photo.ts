import type { Measurement } from '../measurement.ts'
import { makePhoto, photoToPatches } from '../tower/photo.ts'

/** A JPEG of 12 megapixels to patches, beside what sharp's decoding alone takes. */
export const photo: Measurement = {
  name: 'photo',
  needsPictures: false,
  async run({ runs }) {
    const bytes = await makePhoto()
    await photoToPatches(bytes)
    const decode: number[] = []
    const beyond: number[] = []
    for (let i = 0; i < runs; i++) {
      const { decodeMs, totalMs } = await photoToPatches(bytes)
      decode.push(decodeMs)
      beyond.push(totalMs - decodeMs)
    }
    return {
      figures: [
        { name: 'photo_decode', label: 'decoding a JPEG of 12 megapixels with sharp', unit: 'ms', values: decode },
        { name: 'photo_beyond_decode', label: 'to patches, beyond that', unit: 'ms', values: beyond },
      ],
      ratios: [],
    }
  },
}
