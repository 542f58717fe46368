import { open } from 'node:fs/promises'
import { SNIFF_BYTES, sniff, videoPacking } from '../picture/sniff.ts'
import type { VideoPacking } from '../picture/sniff.ts'

/** How a video file is packed: its MIME type, and what ffmpeg calls its reader. */
export interface Container {
  readonly mime: string
  readonly demuxer: string
}

const containers = {
  mp4: { mime: 'video/mp4', demuxer: 'mov' },
  threeGp: { mime: 'video/3gpp', demuxer: 'mov' },
  quicktime: { mime: 'video/quicktime', demuxer: 'mov' },
  webm: { mime: 'video/webm', demuxer: 'matroska' },
  matroska: { mime: 'video/x-matroska', demuxer: 'matroska' },
  avi: { mime: 'video/x-msvideo', demuxer: 'avi' },
  flv: { mime: 'video/x-flv', demuxer: 'flv' },
  mpegPs: { mime: 'video/mpeg', demuxer: 'mpeg' },
  mpegTs: { mime: 'video/mp2t', demuxer: 'mpegts' },
  ogg: { mime: 'video/ogg', demuxer: 'ogg' },
  asf: { mime: 'video/x-ms-asf', demuxer: 'asf' },
  realMedia: { mime: 'video/vnd.rn-realvideo', demuxer: 'rm' },
  mxf: { mime: 'application/mxf', demuxer: 'mxf' },
  dv: { mime: 'video/dv', demuxer: 'dv' },
  ivf: { mime: 'video/x-ivf', demuxer: 'ivf' },
  y4m: { mime: 'video/x-yuv4mpeg', demuxer: 'yuv4mpegpipe' },
  mpegVideo: { mime: 'video/mpeg', demuxer: 'mpegvideo' },
  mpeg4Video: { mime: 'video/mp4v-es', demuxer: 'm4v' },
  h264: { mime: 'video/h264', demuxer: 'h264' },
  h265: { mime: 'video/h265', demuxer: 'hevc' },
} as const satisfies Partial<Record<VideoPacking, Container>> & Record<string, Container>

/** The container of a file that starts with `head`; null when it is no video. Never throws. */
export function containerOf(head: Uint8Array): Container | null {
  if (sniff(head) !== 'video') return null
  const latin = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, SNIFF_BYTES)).toString('latin1')
  const packing = videoPacking(latin)
  if (packing === null) return null
  if (packing === 'matroska') return latin.slice(0, 256).includes('webm') ? containers.webm : containers.matroska
  if (packing !== 'iso') return containers[packing]
  const brand = latin.slice(8, 12)
  return brand === 'qt  ' ? containers.quicktime : brand.startsWith('3g') ? containers.threeGp : containers.mp4
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
