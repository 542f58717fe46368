#!/bin/sh
# One would guess that sharp, which is a Node stream and sits on libvips, which works in strips, gives decoded rows as they
# come: `sharp(file).raw().pipe(resampler)` in little memory. It does not: nothing leaves before the last row was decoded, and
# then it is the whole picture in a single chunk. Reading a large picture row by row needs another way: libvips' own format,
# `toFile('pixels.v')`, is written strip by strip, and its rows are read from the disk.
# Run by hand. Installs sharp in a temporary folder; ends with 1 where the behaviour is another one.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund sharp@0.35.5
cat >try.mjs <<'JS'
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import sharp from 'sharp'

console.log(`node ${process.versions.node}, sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}`)
const [width, height] = [6000, 4000]
const pixels = Buffer.alloc(width * height * 3)
for (let i = 0; i < pixels.length; i++) pixels[i] = (i >> 7) & 255
await sharp(pixels, { raw: { width, height, channels: 3 } }).jpeg({ quality: 95 }).toFile('picture.jpg')

const lengths = []
for await (const chunk of sharp('picture.jpg', { sequentialRead: true }).raw()) lengths.push(chunk.length)
console.log(`raw() as a stream: ${lengths.length} chunk of ${lengths.join(', ')} bytes; the picture has ${width * height * 3}`)

const small = await sharp('picture.jpg', { sequentialRead: true }).toFile('pixels.v')
const header = Buffer.alloc(64)
const file = openSync('pixels.v')
readSync(file, header, 0, 64, 0)
const row = Buffer.alloc(width * 3)
readSync(file, row, 0, row.length, 64 + 1234 * row.length)
closeSync(file)
const whole = await sharp('picture.jpg').raw().toBuffer()
const same = Buffer.compare(row, whole.subarray(1234 * row.length, 1235 * row.length)) === 0
console.log(`pixels.v: ${small.format}, ${statSync('pixels.v').size} bytes, ${header.readInt32LE(4)} x ${header.readInt32LE(8)}; row 1234 read from the disk is ${same ? 'the same' : 'another'}`)
process.exit(lengths.length === 1 && same ? 0 : 1)
JS
node try.mjs
# Seen on 29 November 2026:
# node 24.21.0, sharp 0.35.5, libvips 8.18.7
# raw() as a stream: 1 chunk of 72000000 bytes; the picture has 72000000
# pixels.v: v, 72000547 bytes, 6000 x 4000; row 1234 read from the disk is the same
