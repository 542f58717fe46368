import type { Metadata } from 'sharp'
import { libvipsPicture, readMetadata, toSrgb } from './libvips.ts'
import type { RawPixels } from './rawTiff.ts'
import type { OpenReader, PictureFile } from './reader.ts'
import { damaged } from './refusals.ts'
import { WHOLE_WITHOUT_END, dropAfter, firstDifference, readRawPixels, shown } from './salvage.ts'

/** How much longer than it was a cut picture is made, in bytes; even, as chunks are. */
const MORE = 1024 ** 2

/** WebP: its first picture. One that is cut off is filled up, since libwebp reads whole files only. */
export const openWebp: OpenReader = async (file) => {
  const declared = file.head.length >= 12 ? Buffer.from(file.head.subarray(4, 8)).readUInt32LE(0) + 8 : Infinity
  if (file.bytes >= declared) return libvipsPicture('webp', file.input, await readMetadata(file))
  const bytes = await file.read()
  const filled = fillUp(bytes, 0)
  if (!filled) throw damaged(file.name, 'cut before the picture')
  const metadata = await readMetadata({ name: file.name, input: filled })
  return {
    ...libvipsPicture('webp', filled, metadata),
    pixels: async () => Promise.reject(new Error('cut off')),
    salvage: () => salvage(bytes, metadata),
  }
}

/** Fillings that are tried until two are decoded: not every one is a code of a lossless picture. */
const FILLINGS = [0, 0x5a, 1, 2, 4, 8, 16, 34, 68, 136, 192]

async function salvage(bytes: Buffer, metadata: Metadata) {
  const readings: RawPixels[] = []
  let failure: unknown
  for (const value of FILLINGS) {
    if (readings.length === 2) break
    try {
      readings.push(await readRawPixels(await toSrgb(fillUp(bytes, value)!, metadata, 'stored')))
    } catch (error) {
      failure = error
    }
  }
  const [one, other] = readings
  if (!one || !other) throw failure
  const orientation = metadata.orientation ?? 1
  const from = firstDifference(one, other)
  return from === Infinity
    ? shown(one, orientation, [WHOLE_WITHOUT_END])
    : dropAfter(one, Math.floor(from / one.width) * one.width, orientation)
}

/** The chunks that are there, the last picture filled up with one value; null where no picture begins. */
function fillUp(bytes: PictureFile['head'], value: number): Buffer | null {
  const whole = Buffer.from(bytes)
  const chunks: Buffer[] = []
  let pictures = 0
  for (let at = 12; at + 8 <= whole.length; ) {
    const name = whole.toString('latin1', at, at + 4)
    const length = whole.readUInt32LE(at + 4)
    const end = at + 8 + length + (length % 2)
    const isPicture = ['VP8 ', 'VP8L', 'ANMF'].includes(name)
    if (end <= whole.length) chunks.push(whole.subarray(at, end))
    else if (isPicture && pictures === 0 && length < 2 ** 30)
      chunks.push(...lengthened(whole.subarray(at), end - whole.length, value))
    if (isPicture && (end <= whole.length || pictures === 0)) pictures++
    at = end
  }
  if (pictures === 0) return null
  const body = Buffer.concat([Buffer.from('WEBP'), ...chunks])
  const head = Buffer.from('RIFF\0\0\0\0', 'latin1')
  head.writeUInt32LE(body.length, 4)
  return Buffer.concat([head, body])
}

/** A chunk that is cut, with more than what is missing of it: a decoder that runs out of bytes gives nothing at all. */
function lengthened(cut: Buffer, lost: number, value: number): Buffer[] {
  const filling = Buffer.alloc(lost + MORE, value)
  const head = Buffer.from(cut.subarray(0, 8))
  head.writeUInt32LE(cut.length - 8 + filling.length, 4)
  return [head, cut.subarray(8), filling]
}
