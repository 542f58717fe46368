#!/bin/sh
# A TIFF whose channels are stored apart is read by utif2 as if they were together: wrong colours, and nothing says so.
#
# One would guess: PlanarConfiguration 2, which TIFF 6.0 describes and several programs write, is read by a library that calls
# itself an advanced TIFF decoder, or refused.
# What happens: utif2 logs a line in development only, goes on, and takes the bytes of the first channel for whole pixels: a
# picture of one colour comes as a grey band at the top and black below it. Of a tiled file it prints "====" to standard output in any case.
# sharp reads the same file right in strips, and refuses it in tiles ("tiled separate planes not supported").
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund utif2@4.1.0 sharp@0.35.5
cat >ask.mjs <<'EOF'
import { readFileSync } from 'node:fs'
import sharp from 'sharp'
import UTIF from 'utif2'
const version = (name) => `${name} ${JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')).version}`
console.log(version('utif2'), version('sharp'), 'Node', process.version)
const side = 16
const colour = [200, 100, 50]
/** 16 x 16 pixels of one colour, each channel a strip, or a tile, of its own. */
function tiff(tiled) {
  const entries = [[256, [side]], [257, [side]], [258, [8, 8, 8]], [259, [1]], [262, [2]], [277, [3]], [284, [2]]]
  const blocks = colour.map((value) => Buffer.alloc(side * side, value))
  entries.push(...(tiled ? [[322, [side]], [323, [side]], [324, null], [325, blocks.map((block) => block.length)]] : [[273, null], [278, [side]], [279, blocks.map((block) => block.length)]]))
  entries.sort(([a], [b]) => a - b)
  const outside = 8 + 2 + entries.length * 12 + 4
  const head = Buffer.alloc(outside + entries.length * 16)
  head.write('II*\0', 'latin1')
  head.writeUInt32LE(8, 4)
  head.writeUInt16LE(entries.length, 8)
  entries.forEach(([tag, values], n) => {
    const list = values ?? blocks.map((_, i) => head.length + i * side * side)
    const at = 10 + n * 12
    head.writeUInt16LE(tag, at)
    head.writeUInt16LE(4, at + 2)
    head.writeUInt32LE(list.length, at + 4)
    if (list.length > 1) head.writeUInt32LE(outside + n * 16, at + 8)
    list.forEach((value, i) => head.writeUInt32LE(value, list.length > 1 ? outside + n * 16 + i * 4 : at + 8))
  })
  return Buffer.concat([head, ...blocks])
}
function byUtif(bytes) {
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
  const pages = UTIF.decode(buffer)
  UTIF.decodeImage(buffer, pages[0], pages)
  const rgba = UTIF.toRGBA8(pages[0])
  return [0, side / 2, side - 1].map((y) => [...rgba.slice(y * side * 4, y * side * 4 + 3)].join(','))
}
const printed = []
const log = console.log
console.log = (...words) => printed.push(words.join(' '))
const strips = byUtif(tiff(false))
const tiles = byUtif(tiff(true))
console.log = log
const { data } = await sharp(tiff(false)).raw().toBuffer({ resolveWithObject: true })
const refused = await sharp(tiff(true)).raw().toBuffer().then(() => null, (error) => error.message)
console.log('stored in every pixel:', colour.join())
console.log('utif2, strips: first, middle and last row begin with', strips.join('  '))
console.log('utif2, tiles: ', tiles.join('  '), '; it printed', JSON.stringify(printed))
console.log('sharp, strips:', [...data.subarray(0, 3)].join(), '; tiles:', refused)
const same = strips.join(' ') === '200,200,200 0,0,0 0,0,0' && printed.some((line) => line.startsWith('===='))
const right = data[0] === 200 && data[1] === 100 && data[2] === 50 && /tiled separate planes not supported/.test(refused ?? '')
if (same && right) process.exit(0)
console.log('This has changed.')
process.exit(1)
EOF
node ask.mjs
