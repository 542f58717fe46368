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
])('%s', (mime, demuxer, head) => {
  expect(containerOf(bytes(head))).toEqual({ mime, demuxer })
})

test.each(['', '#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n', 'ffconcat version 1.0\nfile /etc/passwd\n', '\x89PNG\r\n\x1a\n', '\0\0\0\x18ftypavif', 'RIFF\x10\0\0\0WAVEfmt ', '\x01\x02\x03'])('%o is no video', (head) => {
  expect(containerOf(bytes(head))).toBeNull()
})
