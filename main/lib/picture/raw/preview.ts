import sharp from 'sharp'
import { libvipsPicture, readMetadata } from '../libvips.ts'
import type { PictureFile, PictureReader } from '../reader.ts'

/** A picture that a camera put beside its raw data is below this, in bytes. */
export const MAX_PREVIEW = 1 << 28

/** The picture that a camera put beside its raw data. */
export interface CameraPreview {
  readonly jpeg: Buffer
  /** Size of the raw data, where it is told, in pixels. */
  readonly raw: { readonly width: number; readonly height: number } | null
  /** How it is turned (1 to 8). */
  readonly orientation: number
}

/** The JPEG beside a camera's raw data, turned as the raw file says where the JPEG does not. */
export async function openPreview(
  file: PictureFile,
  { jpeg, raw, orientation }: CameraPreview,
  mime: string,
): Promise<PictureReader> {
  const own = (await sharp(jpeg).metadata()).orientation
  const bytes = own === undefined && orientation > 1 ? withOrientation(jpeg, orientation) : jpeg
  const reader = libvipsPicture('jpeg', bytes, await readMetadata({ name: file.name, input: bytes }))
  const size = raw ? ` of ${raw.width} x ${raw.height} pixels` : ''
  return {
    ...reader,
    mime,
    notes: [
      `This is the picture that the camera stored beside its raw data${size}; the raw data itself is not developed.`,
      ...reader.notes,
    ],
  }
}

/** A JPEG with an EXIF header that says how it is turned. */
function withOrientation(jpeg: Buffer, orientation: number): Buffer {
  const exif = Buffer.from('ffe100224578696600004d4d002a00000008000101120003000000010000000000000000', 'hex')
  exif[exif.length - 7] = orientation
  return Buffer.concat([jpeg.subarray(0, 2), exif, jpeg.subarray(2)])
}
