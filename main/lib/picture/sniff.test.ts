import { describe, expect, test } from 'vitest'
import { sniff } from './sniff.ts'

const bytes = (latin: string) => new Uint8Array(Buffer.from(latin, 'latin1'))
const box = (brands: string) => bytes(`\0\0\0${String.fromCharCode(8 + brands.length)}ftyp${brands}more`)

describe('sniff', () => {
  test.each([
    ['png', bytes('\x89PNG\r\n\x1a\nrest')],
    ['jpeg', bytes('\xff\xd8\xff\xe0')],
    ['webp', bytes('RIFF\x10\0\0\0WEBPVP8 ')],
    ['gif', bytes('GIF89a\x01')],
    ['tiff', bytes('II*\0\x08')],
    ['tiff', bytes('MM\0*\0')],
    ['avif', box('avif\0\0\0\0mif1miaf')],
    ['avif', box('mif1\0\0\0\0avifmiaf')],
    ['heic', box('heic\0\0\0\0mif1heic')],
    ['heic', box('mif1\0\0\0\0heic')],
    ['video', box('isom\0\0\x02\0isomiso2mp41')],
    ['video', bytes('\x1aE\xdf\xa3webm')],
    ['video', bytes('RIFF\x10\0\0\0AVI LIST')],
    ['video', bytes(`G${'\0'.repeat(187)}`.repeat(5))],
    ['audio', bytes('RIFF\x10\0\0\0WAVEfmt ')],
    ['audio', bytes('FORM\0\x02\0\0AIFFCOMM')],
    ['audio', bytes('#!AMR-WB\n')],
    ['audio', bytes('caff\0\x01\0\0desc')],
    ['audio', bytes('\xff\xf1\x50\x80')],
    ['audio', bytes('\xff\xfb\x90\x64')],
    ['bmp', bytes('BM\x36\0\0\0\0\0\0\0\x36\0')],
    ['bmp', bytes('BM\x36\0\0\0\x01\0\x02\0\x36\0\0\0\x7c\0\0\0')],
    ['ico', bytes('\0\0\x01\0\x01\0')],
    ['ico', bytes('\0\0\x02\0\x01\0\x20\x20\0\0\x01\0')],
    ['tga', bytes(`\0\0\x02${'\0'.repeat(9)}\x40\0\x20\0\x18\x20pixels`)],
    ['jp2', bytes('\0\0\0\x0cjP  \r\n\x87\n')],
    ['psd', bytes('8BPS\0\x01')],
    ['jxl', bytes('\xff\x0a\x01')],
    ['pnm', bytes('P6\n# a comment\n3 2\n255\n')],
    ['raw', box('crx \0\0\0\x01crx isom')],
    ['pdf', bytes('%PDF-1.7\n')],
    ['svg', bytes('<?xml version="1.0"?>\n<!-- a comment -->\n<svg xmlns="x">')],
    ['svg', new Uint8Array(Buffer.from('\ufeff<svg width="1">', 'utf16le'))],
    ['html', bytes('<!doctype html><p>')],
    ['html', bytes('<html><body><svg width="1"></svg>')],
    ['text', bytes('#!/bin/sh\necho "<svg width=1>" > mark.svg\n')],
    ['text', bytes('This is a text file.\n')],
    ['text', new Uint8Array(Buffer.from('Привет, 世界'))],
    ['empty', new Uint8Array()],
    ['unknown', bytes('\x01\x02\x03\x04\x05')],
    ['unknown', bytes('\x89PNG')],
    ['gguf', bytes('GGUF\x03\0\0\0')],
    ['safetensors', bytes('\x40\0\0\0\0\0\0\0{"a":{"dtype":"F32"')],
    ['jp2', bytes('\0\0\0\x0cjP  \r\n\x87\n')],
    ['raw', bytes('FUJIFILMCCD-RAW 0201')],
    ['raw', box('crx \0\0\0\x01crx isom')],
    ['office', bytes(`PK\x03\x04${'\0'.repeat(26)}[Content_Types].xml`)],
    ['office', bytes(`PK\x03\x04${'\0'.repeat(26)}mimetypeapplication/epub+zip`)],
    ['archive', bytes(`PK\x03\x04${'\0'.repeat(26)}IMG_0001.JPG`)],
  ] as const)('%s', (kind, head) => {
    expect(sniff(head)).toBe(kind)
  })
})
