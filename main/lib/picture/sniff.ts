import { constants, gunzipSync } from 'node:zlib'

/** What a file is by its first bytes, whatever its name says. */
export type FileKind =
  | 'png'
  | 'jpeg'
  | 'webp'
  | 'gif'
  | 'avif'
  | 'heic'
  | 'tiff'
  | 'bmp'
  | 'ico'
  | 'psd'
  | 'jxl'
  | 'jp2'
  | 'jxr'
  | 'tga'
  | 'dds'
  | 'pnm'
  | 'exr'
  | 'hdr'
  | 'raw'
  | 'xcf'
  | 'qoi'
  | 'pcx'
  | 'djvu'
  | 'eps'
  | 'metafile'
  | 'svg'
  | 'pdf'
  | 'office'
  | 'video'
  | 'audio'
  | 'archive'
  | 'gguf'
  | 'safetensors'
  | 'html'
  | 'text'
  | 'empty'
  | 'unknown'

/** How many bytes of a file `sniff` wants to see. */
export const SNIFF_BYTES = 4096

/** How what gzip packed begins. */
const GZIP = '\x1f\x8b'

/** Every file of a kind starts with its mark; '?' stands for any byte. */
const signatures: readonly (readonly [FileKind, string])[] = [
  ['png', '\x89PNG\r\n\x1a\n'],
  ['jpeg', '\xff\xd8\xff'],
  ['gif', 'GIF87a'],
  ['gif', 'GIF89a'],
  ['webp', 'RIFF????WEBP'],
  ['audio', 'RIFF????WAVE'],
  ['tiff', 'II*\0'],
  ['tiff', 'MM\0*'],
  ['tiff', 'II+\0'],
  ['tiff', 'MM\0+'],
  ['psd', '8BPS'],
  ['jxl', '\xff\x0a'],
  ['jxl', '\0\0\0\x0cJXL '],
  ['ico', '\0\0\x01\0'],
  ['jp2', '\0\0\0\x0cjP  '],
  ['jp2', '\xff\x4f\xff\x51'],
  ['jxr', 'II\xbc\x01'],
  ['dds', 'DDS |\0\0\0'],
  ['exr', 'v/1\x01'],
  ['hdr', '#?RADIANCE'],
  ['hdr', '#?RGBE'],
  // raw files of cameras that are neither TIFF nor MP4: Fujifilm, Panasonic, Olympus, Sigma, Minolta
  ['raw', 'FUJIFILMCCD-RAW'],
  ['raw', 'IIRO'],
  ['raw', 'IIRS'],
  ['raw', 'IIU\0'],
  ['raw', 'MMOR'],
  ['raw', '\0MRM'],
  ['raw', 'FOVb'],
  ['xcf', 'gimp xcf '],
  ['qoi', 'qoif'],
  ['djvu', 'AT&TFORM????DJV'],
  ['eps', '%!PS-Adobe'],
  ['eps', '\xc5\xd0\xd3\xc6'],
  ['metafile', '\xd7\xcd\xc6\x9a'],
  ['audio', 'ID3'],
  ['audio', 'OggS'],
  ['audio', 'fLaC'],
  ['audio', 'FORM????AIF'],
  ['audio', '#!AMR'],
  ['audio', 'caff\0'],
  // AAC and MP3 without a tag before them
  ['audio', '\xff\xf1'],
  ['audio', '\xff\xf9'],
  ['audio', '\xff\xfb'],
  ['audio', '\xff\xf3'],
  ['archive', 'PK\x03\x04'],
  ['archive', GZIP],
  ['archive', 'Rar!'],
  ['archive', '7z\xbc\xaf'],
  ['gguf', 'GGUF'],
]

/** The kind of the file that starts with `head` (`SNIFF_BYTES` bytes, or all when it is shorter). Never throws. */
export function sniff(head: Uint8Array): FileKind {
  if (head.length === 0) return 'empty'
  const latin = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, SNIFF_BYTES)).toString('latin1')
  const packing = videoPacking(latin)
  if (packing) return packing === 'iso' ? isoMediaKind(latin) : 'video'
  if (isOffice(latin)) return 'office'
  if (latin.startsWith(GZIP) && isPackedSvg(head)) return 'svg'
  for (const [kind, mark] of signatures) if (startsWith(latin, mark)) return kind
  // the length of its header, which is JSON
  if (/^[^]{5}\0\0\0\{\s*"/.test(latin)) return 'safetensors'
  const plain = markless(latin)
  if (plain) return plain
  // Some writers put a few bytes before the mark; readers accept it in the first kilobyte.
  if (latin.slice(0, 1024).includes('%PDF-')) return 'pdf'
  return textKind(head.subarray(0, SNIFF_BYTES))
}

/** Kinds that are known by what several of their first bytes may be. */
function markless(latin: string): FileKind | null {
  const at = (i: number) => latin.charCodeAt(i)
  if (
    latin.startsWith('BM') &&
    (latin.slice(6, 10) === '\0\0\0\0' || '\x0c\x10\x28\x34\x38\x40\x6c\x7c'.includes(latin[14] ?? '-'))
  )
    return 'bmp'
  // a cursor, not a TGA picture, which has zeros where a cursor counts its pictures
  if (latin.startsWith('\0\0\x02\0') && at(4) > 0 && at(5) === 0 && at(9) === 0) return 'ico'
  if (/^P[1-7]\s+(#[^\n]*\n\s*)*(\d+\s|WIDTH)/.test(latin)) return 'pnm'
  if (latin.startsWith('\x01\0\0\0') && latin.slice(40, 44) === ' EMF') return 'metafile'
  if (/^\x0a[\0\x02-\x05]\x01[\x01\x02\x04\x08]/.test(latin) && at(64) === 0) return 'pcx'
  const mapped = at(1)
  const [colours, depths] =
    mapped === 1
      ? [
          [1, 9],
          [8, 16],
        ]
      : [
          [2, 3, 10, 11],
          [8, 15, 16, 24, 32],
        ]
  const isTga =
    mapped <= 1 &&
    colours.includes(at(2)) &&
    depths.includes(at(16)) &&
    (mapped === 1 || /^\0{5}$/.test(latin.slice(3, 8)))
  return isTga && at(12) + at(13) > 0 && at(14) + at(15) > 0 && at(17) < 64 ? 'tga' : null
}

/** Word, Excel, PowerPoint, OpenDocument and EPUB are ZIP archives whose first entry tells; the older ones are OLE files, or RTF. */
const isOffice = (latin: string): boolean =>
  /^PK\x03\x04[^]{26}(?:\[Content_Types\]\.xml|_rels\/|docProps\/|word\/|xl\/|ppt\/|mimetype[^]{0,40}application\/(?:epub|vnd\.oasis))/.test(
    latin,
  ) || /^(?:\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|\{\\rtf)/.test(latin)

/** Whether a file that gzip packed begins as a drawing does: an SVGZ. */
function isPackedSvg(head: Uint8Array): boolean {
  try {
    // cut off, as a head is, it gives what is whole
    const start = gunzipSync(head.subarray(0, SNIFF_BYTES), { finishFlush: constants.Z_SYNC_FLUSH })
    return textKind(start.subarray(0, SNIFF_BYTES)) === 'svg'
  } catch {
    return false
  }
}

function startsWith(text: string, mark: string): boolean {
  if (text.length < mark.length) return false
  for (let i = 0; i < mark.length; i++) if (mark[i] !== '?' && mark[i] !== text[i]) return false
  return true
}

/** MP4 and its picture relatives differ by the brands in their first box. */
function isoMediaKind(latin: string): FileKind {
  const length = latin.charCodeAt(2) * 256 + latin.charCodeAt(3)
  const brands = latin.slice(8, Math.max(12, Math.min(length, 256)))
  if (brands.includes('avif') || brands.includes('avis')) return 'avif'
  if (/hei[cxms]|hev[cxms]|mif1|msf1/.test(brands)) return 'heic'
  if (brands.startsWith('crx ')) return 'raw'
  if (brands.startsWith('jp')) return 'jp2'
  return brands.startsWith('M4A') ? 'audio' : 'video'
}

function textKind(head: Uint8Array): FileKind {
  const utf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)
  if (!utf16 && head.some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27))) return 'unknown'
  const encoding = utf16 ? (head[0] === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8'
  const text = new TextDecoder(encoding).decode(head)
  if (/^\s*(<!DOCTYPE\s+html|<html[\s>])/i.test(text)) return 'html'
  // markup only: a program or a note may have such a tag in it too
  if (/^\s*</.test(text) && /<svg[\s>]|<!DOCTYPE\s+svg/i.test(text)) return 'svg'
  // A cut character at the end is no sign of anything; several undecodable ones are.
  return (text.slice(0, -2).match(/\ufffd/g)?.length ?? 0) > text.length / 50 ? 'unknown' : 'text'
}

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
const videoSignatures: readonly (readonly [VideoPacking, RegExp])[] = [
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
  return videoSignatures.find(([, mark]) => mark.test(latin))?.[0] ?? null
}

function isStream(latin: string, size: number, offset: number): boolean {
  const count = Math.floor((latin.length - offset + size - 1) / size)
  return (
    count >= LEAST_PACKETS &&
    Array.from({ length: count }, (_, n) => latin[offset + n * size]).every((mark) => mark === SYNC)
  )
}
