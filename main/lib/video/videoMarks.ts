/** How video files are packed, as far as their first bytes tell. */
export type VideoPacking =
  | 'iso'
  | 'quicktime'
  | 'matroska'
  | 'avi'
  | 'flv'
  | 'mpegPs'
  | 'mpegTs'
  | 'ogg'
  | 'asf'
  | 'realMedia'
  | 'mxf'
  | 'dv'
  | 'ivf'
  | 'y4m'
  | 'mpegVideo'
  | 'mpeg4Video'
  | 'h264'
  | 'h265'

/** Every file of a packing starts so. */
const marks: readonly (readonly [VideoPacking, RegExp])[] = [
  ['iso', /^[^]{4}ftyp/],
  // QuickTime files from before there were brands
  ['quicktime', /^[^]{4}(?:moov|mdat|wide)/],
  ['matroska', /^\x1aE\xdf\xa3/],
  ['avi', /^RIFF[^]{4}AVI /],
  ['flv', /^FLV\x01/],
  ['mpegPs', /^\0\0\x01\xba/],
  ['asf', /^\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c/],
  ['realMedia', /^\.RMF/],
  ['mxf', /^\x06\x0e\x2b\x34\x02\x05\x01\x01/],
  ['dv', /^\x1f\x07\0/],
  ['ivf', /^DKIF/],
  ['y4m', /^YUV4MPEG2 /],
  // streams of a codec alone, as some cameras and encoders write them
  ['mpegVideo', /^\0\0\x01\xb3/],
  ['mpeg4Video', /^\0\0\x01\xb0/],
  ['h264', /^\0?\0\0\x01(?:[\x27\x47\x67]|\x09[\x10\x30\xf0])/],
  ['h265', /^\0?\0\0\x01[\x40\x42\x46]\x01/],
  // sound files begin so too: what is in it is named in its first pages
  ['ogg', /^OggS[^]*(?:\x80theora|BBCD\0|OVP80\x01)/],
]

/** Sizes of the packets of MPEG transport streams and where their mark lies in them: broadcast, Blu-ray and AVCHD cameras, with error correction. */
const packets = [
  [188, 0],
  [192, 4],
  [204, 0],
] as const
const SYNC = 'G'
const LEAST_PACKETS = 3

/**
 * How the file is packed whose first bytes (as many as `sniff` wants) are these, read as Latin-1; null: it is no video. A
 * file of the ISO family ("iso": MP4, M4V, 3GP) may be a picture or sound all the same.
 */
export function videoPacking(latin: string): VideoPacking | null {
  if (packets.some(([size, offset]) => isStream(latin, size, offset))) return 'mpegTs'
  return marks.find(([, mark]) => mark.test(latin))?.[0] ?? null
}

function isStream(latin: string, size: number, offset: number): boolean {
  const count = Math.floor((latin.length - offset + size - 1) / size)
  return (
    count >= LEAST_PACKETS &&
    Array.from({ length: count }, (_, n) => latin[offset + n * size]).every((mark) => mark === SYNC)
  )
}
