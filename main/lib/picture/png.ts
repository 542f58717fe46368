import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { matrixOf, primaries, isSrgbMatrix, powers } from './colour.ts'
import type { Matrix } from './colour.ts'
import { HDR_NOTE, hdrColours, storedPixels, toneMapped } from './hdrPicture.ts'
import { makeProfile } from './iccProfile.ts'
import { checkSize, libvipsPicture, readMetadata, sequenceNotes, strict } from './libvips.ts'
import { pngChunk } from './pngChunks.ts'
import type { OpenReader, PictureFile } from './reader.ts'
import { damaged } from './refusals.ts'
import { shown } from './salvage.ts'
import { salvagePng } from './salvagePng.ts'

/** Chunks before the pixels that are kept in memory at most; real ones take a few kilobytes. */
const MAX_HEADER = 16 * 1024 ** 2

/**
 * PNG. Its size is in bytes 16 to 23, so a huge one is refused as huge even when the rest of it is missing. Colours that it
 * tells without a profile (cICP, gAMA, cHRM) are honoured as browsers do, HDR too.
 */
export const openPng: OpenReader = async (file) => {
  if (file.head.length < 24) throw damaged(file.name, 'cut before the size')
  const view = new DataView(file.head.buffer, file.head.byteOffset, file.head.byteLength)
  checkSize(file.name, { width: view.getUint32(16), height: view.getUint32(20) })
  const chunks = await chunksBeforePixels(file)
  const profile = profileOf(chunks)
  const input = profile ? await withProfile(file, profile) : file.input
  const metadata = await readMetadata({ name: file.name, input })
  const frames = chunks.get('acTL')?.readUInt32BE(0) ?? 1
  const [primary, transfer] = chunks.get('cICP') ?? []
  const hdr = hdrColours(primary, transfer)
  return {
    ...libvipsPicture('png', input, metadata),
    ...(hdr && {
      pixels: async (turn) => {
        const stored = await storedPixels(sharp(input, { ...strict, ignoreIcc: true }), metadata.depth === 'ushort')
        return shown(toneMapped(stored, hdr), turn === 'stored' ? 1 : (metadata.orientation ?? 1), []).pixels
      },
    }),
    notes: [...sequenceNotes(frames), ...(hdr ? [HDR_NOTE] : [])],
    ...(frames > 1 && { pages: frames }),
    salvage: async () => salvagePng(typeof input === 'string' ? await file.read() : input, metadata.orientation ?? 1),
  }
}

/** What stands before the first IDAT, by name; the first of each. */
async function chunksBeforePixels(file: PictureFile): Promise<Map<string, Buffer>> {
  const chunks = new Map<string, Buffer>()
  for (let at = 8; at < MAX_HEADER; ) {
    const head = at + 8 <= file.head.length ? Buffer.from(file.head.subarray(at, at + 8)) : await file.readAt(at, 8)
    if (head.length < 8) break
    const length = head.readUInt32BE(0)
    const name = head.toString('latin1', 4, 8)
    if (name === 'IDAT' || length > MAX_HEADER) break
    if (!chunks.has(name))
      chunks.set(
        name,
        ['IHDR', 'gAMA', 'cHRM', 'cICP', 'acTL'].includes(name) ? await file.readAt(at + 8, length) : Buffer.alloc(0),
      )
    at += length + 12
  }
  return chunks
}

/**
 * The profile for colours that are told otherwise; null: there is one, or they are sRGB. cICP wins over iCCP over sRGB over
 * gAMA and cHRM; cHRM alone says nothing to browsers.
 */
function profileOf(chunks: Map<string, Buffer>): Buffer | null {
  const grey = [0, 4].includes(chunks.get('IHDR')?.[9] ?? 2)
  const cicp = chunks.get('cICP')
  // what was made for television is shown as a television does, by a power of 2.4
  const curveOf = (transfer: number): number | 'srgb' | undefined =>
    transfer === 13 ? 'srgb' : [1, 6, 14, 15].includes(transfer) ? 2.4 : powers[transfer]
  const named = cicp && cicp.length >= 2 ? { chromaticities: primaries[cicp[0]!], curve: curveOf(cicp[1]!) } : null
  if (named?.chromaticities && named.curve) return plainOrProfile(grey, matrixOf(named.chromaticities)!, named.curve)
  if (chunks.has('iCCP') || chunks.has('sRGB')) return null
  const [gamma, points] = [chunks.get('gAMA'), chunks.get('cHRM')]
  const stated = gamma && gamma.length >= 4 ? gamma.readUInt32BE(0) / 100_000 : 0
  if (stated === 0) return null
  const [wx, wy, rx, ry, gx, gy, bx, by] =
    points && points.length >= 32 ? Array.from({ length: 8 }, (_, i) => points.readUInt32BE(i * 4) / 100_000) : []
  const matrix = matrixOf(by === undefined ? primaries[1]! : [rx!, ry!, gx!, gy!, bx!, by, wx!, wy!])
  // with sRGB's primaries, the gamma that pictures in sRGB state stands for sRGB's curve
  const isSrgb = matrix && (grey || isSrgbMatrix(matrix)) && Math.abs(stated - 1 / 2.2) < 0.01
  return matrix && !isSrgb ? plainOrProfile(grey, matrix, 1 / stated) : null
}

function plainOrProfile(grey: boolean, matrix: Matrix, curve: number | 'srgb'): Buffer | null {
  return curve === 'srgb' && (grey || isSrgbMatrix(matrix)) ? null : makeProfile(grey ? null : matrix, curve)
}

/** The whole file with a profile after its IHDR; libpng takes the first and leaves another aside. */
async function withProfile(file: PictureFile, profile: Buffer): Promise<Buffer> {
  const bytes = await file.read()
  const chunk = pngChunk('iCCP', Buffer.concat([Buffer.from('x\0\0', 'latin1'), deflateSync(profile)]))
  return Buffer.concat([bytes.subarray(0, 33), chunk, bytes.subarray(33)])
}
