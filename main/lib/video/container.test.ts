import { expect, test } from 'vitest'
import { containerOf } from './container.ts'

const bytes = (latin: string) => new Uint8Array(Buffer.from(latin, 'latin1'))

test.each([
  ['video/mp4', 'mov', '\0\0\0\x18ftypmp42\0\0\0\0mp42isom'],
  ['video/quicktime', 'mov', '\0\0\0\x14ftypqt  \0\0\x02\0qt  '],
  ['video/quicktime', 'mov', '\0\0\0\x08wide\0\0\x10\0mdat'],
  ['video/quicktime', 'mov', '\0\x01\0\0moov\0\0\0\x6cmvhd'],
  ['video/webm', 'matroska', '\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webm'],
  ['video/x-matroska', 'matroska', '\x1aE\xdf\xa3\xa3B\x86\x81\x01B\x82\x88matroska'],
  ['video/x-msvideo', 'avi', 'RIFF\x10\0\0\0AVI LIST'],
  ['video/x-flv', 'flv', 'FLV\x01\x05'],
  ['video/mpeg', 'mpeg', '\0\0\x01\xba!'],
  ['video/mpeg', 'mpegvideo', '\0\0\x01\xb3!'],
  ['video/3gpp', 'mov', '\0\0\0\x18ftyp3gp4\0\0\0\0isom3gp4'],
  ['video/mp4', 'mov', '\0\0\0\x18ftypM4V \0\0\0\0M4V M4A '],
  ['video/mp2t', 'mpegts', `G${'x'.repeat(187)}`.repeat(4)],
  ['video/mp2t', 'mpegts', `\0\0\0\x01G${'x'.repeat(187)}`.repeat(4)],
  ['video/mp2t', 'mpegts', `G${'x'.repeat(203)}`.repeat(4)],
  ['video/ogg', 'ogg', `OggS\0\x02${'\0'.repeat(22)}\x80theora\x03\x02\x01`],
  ['video/x-ms-asf', 'asf', '\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c!'],
  ['video/vnd.rn-realvideo', 'rm', '.RMF\0\0\0\x12'],
  ['application/mxf', 'mxf', '\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d'],
  ['video/dv', 'dv', '\x1f\x07\0\xbf'],
  ['video/x-ivf', 'ivf', 'DKIF\0\0 \0VP80'],
  ['video/h264', 'h264', '\0\0\0\x01\x67\x64\0'],
  ['video/h265', 'hevc', '\0\0\0\x01\x40\x01\x0c'],
])('%s', (mime, demuxer, head) => {
  expect(containerOf(bytes(head))).toEqual({ mime, demuxer })
})

test.each([
  '',
  '#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n',
  'ffconcat version 1.0\nfile /etc/passwd\n',
  '\x89PNG\r\n\x1a\n',
  '\0\0\0\x18ftypavif',
  'RIFF\x10\0\0\0WAVEfmt ',
  '\x01\x02\x03',
  '\0\0\0\x1cftypM4A ',
  `OggS\0\x02${'\0'.repeat(22)}\x01vorbis`,
  `Good text. ${'It goes on and on. '.repeat(200)}`,
  'G'.repeat(100),
])('%o is no video', (head) => {
  expect(containerOf(bytes(head))).toBeNull()
})
