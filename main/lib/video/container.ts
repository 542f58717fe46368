import { open } from 'node:fs/promises'
import { sniff, SNIFF_BYTES } from '../picture/sniff.ts'

/** How a video file is packed: its MIME type, and what ffmpeg calls its reader. */
export interface Container {
  readonly mime: string
  readonly demuxer: string
}

const containers = {
  mp4: { mime: 'video/mp4', demuxer: 'mov' },
  mov: { mime: 'video/quicktime', demuxer: 'mov' },
  webm: { mime: 'video/webm', demuxer: 'matroska' },
  mkv: { mime: 'video/x-matroska', demuxer: 'matroska' },
  avi: { mime: 'video/x-msvideo', demuxer: 'avi' },
  flv: { mime: 'video/x-flv', demuxer: 'flv' },
  mpeg: { mime: 'video/mpeg', demuxer: 'mpeg' },
  mpegVideo: { mime: 'video/mpeg', demuxer: 'mpegvideo' },
} as const satisfies Record<string, Container>

/** The container of a file that starts with `head`; null when it is no video. Never throws. */
export function containerOf(head: Uint8Array): Container | null {
  if (sniff(head) !== 'video') return null
  const latin = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 256)).toString('latin1')
  if (latin.startsWith('\x1aE\xdf\xa3')) return latin.includes('webm') ? containers.webm : containers.mkv
  if (latin.startsWith('RIFF')) return containers.avi
  if (latin.startsWith('FLV')) return containers.flv
  if (latin.startsWith('\0\0\x01\xba')) return containers.mpeg
  if (latin.startsWith('\0\0\x01\xb3')) return containers.mpegVideo
  return latin.slice(4, 8) !== 'ftyp' || latin.slice(8, 12) === 'qt  ' ? containers.mov : containers.mp4
}

/** The first bytes of a file, as many as tell its kind. Throws what opening it throws. */
export async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(SNIFF_BYTES), 0, SNIFF_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
