import { videoPacking } from '../video/videoMarks.ts'

/** What a file is by its first bytes, whatever its name says. */
export type FileKind =
  | 'png' | 'jpeg' | 'webp' | 'gif' | 'avif' | 'heic' | 'tiff' | 'bmp' | 'ico' | 'psd' | 'jxl'
  | 'svg' | 'pdf' | 'video' | 'audio' | 'archive' | 'gguf' | 'html' | 'text' | 'empty' | 'unknown'

/** How many bytes of a file `sniff` wants to see. */
export const SNIFF_BYTES = 4096

/** Every file of a kind starts with its mark; '?' stands for any byte. */
const marks: readonly (readonly [FileKind, string])[] = [
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
  ['audio', 'ID3'],
  ['audio', 'OggS'],
  ['audio', 'fLaC'],
  ['archive', 'PK\x03\x04'],
  ['archive', '\x1f\x8b'],
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
  for (const [kind, mark] of marks) if (startsWith(latin, mark)) return kind
  if (latin.startsWith('BM') && latin.slice(6, 10) === '\0\0\0\0') return 'bmp'
  // Some writers put a few bytes before the mark; readers accept it in the first kilobyte.
  if (latin.slice(0, 1024).includes('%PDF-')) return 'pdf'
  return textKind(head.subarray(0, SNIFF_BYTES))
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
  if (/hei[cxms]|hev[cx]|mif1|msf1/.test(brands)) return 'heic'
  return brands.startsWith('M4A') ? 'audio' : 'video'
}

function textKind(head: Uint8Array): FileKind {
  const utf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)
  if (!utf16 && head.some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27))) return 'unknown'
  const encoding = utf16 ? (head[0] === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8'
  const text = new TextDecoder(encoding).decode(head)
  if (/<svg[\s>]/i.test(text) || /<!DOCTYPE\s+svg/i.test(text)) return 'svg'
  if (/^\s*(<!DOCTYPE\s+html|<html[\s>])/i.test(text)) return 'html'
  // A cut character at the end is no sign of anything; several undecodable ones are.
  return (text.slice(0, -2).match(/\ufffd/g)?.length ?? 0) > text.length / 50 ? 'unknown' : 'text'
}
