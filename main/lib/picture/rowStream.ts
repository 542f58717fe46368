import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sharp } from 'sharp'
import { temporaryFolder } from '../files/index.ts'

/** Rows of 8-bit pixels as they come, from top to bottom, any number at a time; the memory is used again for the next ones. */
export type TakeRows = (rows: Uint8Array, channels: number) => void

/** Pictures up to this many pixels are decoded in memory: 36 MB of RGB. */
const IN_MEMORY = 12_000_000
/** Bytes that are read from the file at a time, about. */
const CHUNK = 1024 ** 2

/**
 * Hands all rows of `pixels` to `take`. sharp gives decoded pixels only as a whole, in memory; large pictures therefore go
 * through a file of libvips' own format, which it writes row by row, in a folder that only this user can read. Where no such
 * file can be written they are decoded in memory.
 */
export async function streamRows(
  pixels: Sharp,
  size: { readonly width: number; readonly height: number },
  take: TakeRows,
): Promise<void> {
  if (size.width * size.height > IN_MEMORY) {
    const folder = await temporaryFolder('pixels').catch(() => null)
    if (folder && (await throughFile(pixels.clone(), join(folder, 'pixels.v'), folder, take))) return
  }
  const { data, info } = await pixels.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  take(data, info.channels)
}

/** Removes the folder. False: nothing was handed out, since the disk is full or the format is another one. */
async function throughFile(pixels: Sharp, path: string, folder: string, take: TakeRows): Promise<boolean> {
  try {
    try {
      await pixels.toFile(path)
    } catch (error) {
      if (/unable to (write|open)|write (failed|error)|No space/i.test(String(error))) return false
      throw error
    }
    const file = await open(path, 'r')
    try {
      // on most systems the file goes at once, and its bytes with the last look at it
      await rm(path, { force: true }).catch(() => {})
      const header = Buffer.alloc(HEADER)
      await file.read(header, 0, HEADER, 0)
      const layout = readLayout(header)
      if (!layout) return false
      const rowBytes = layout.width * layout.channels
      const perRead = Math.max(1, Math.floor(CHUNK / rowBytes))
      const buffer = Buffer.alloc(perRead * rowBytes)
      for (let y = 0; y < layout.height; y += perRead) {
        const wanted = Math.min(perRead, layout.height - y) * rowBytes
        const { bytesRead } = await file.read(buffer, 0, wanted, HEADER + y * rowBytes)
        if (bytesRead < wanted) throw new Error('the file of pixels is too short')
        take(buffer.subarray(0, wanted), layout.channels)
      }
      return true
    } finally {
      await file.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The header of a `.v` file, in bytes; rows follow without padding. */
const HEADER = 64
/** How it begins, in the order of bytes of the machine that wrote it. */
const MARK = 0x08f2a6b6

/** Null for anything but 8-bit values without compression. */
function readLayout(header: Buffer): { width: number; height: number; channels: number } | null {
  const little = header.readUInt32BE(0) !== MARK
  const read = (at: number) => (little ? header.readInt32LE(at) : header.readInt32BE(at))
  const [format, coding] = [read(20), read(24)]
  return format === 0 && coding === 0 ? { width: read(4), height: read(8), channels: read(12) } : null
}
