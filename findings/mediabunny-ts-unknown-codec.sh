#!/bin/sh
# Field: containers, mediabunny (npm).
#
# One would guess: a file whose video codec the library does not know has a video track all the same, with a codec of null,
# so that a program can say "MPEG-2 cannot be played here" and hand the file to another decoder. In Matroska that is so.
#
# What happens: of an MPEG transport stream the library leaves the whole track out (stream type 2 is MPEG-2 video, which
# most television uses). A broadcast with picture and sound is told as a file with one audio track; without sound as a file
# with no tracks at all. "No video track" does not mean "no video" there.
#
# Run: sh findings/mediabunny-ts-unknown-codec.sh; needs node and npm. Exit code 1: the behaviour has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund mediabunny@1.61.0 >/dev/null
cat > try.mjs <<'JS'
import { readFileSync } from 'node:fs'
import { ALL_FORMATS, BufferSource, Input } from 'mediabunny'

/** CRC-32 of MPEG sections. */
const crc = (bytes) => {
  let value = 0xffffffff
  for (const byte of bytes) {
    value ^= byte << 24
    for (let i = 0; i < 8; i++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1
  }
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255)
}
const counters = new Map()
/** Packets of 188 bytes of one PID; the last is filled up by an adaptation field. */
function packets(pid, payload) {
  const out = []
  for (let at = 0; at < payload.length || at === 0; at += 184) {
    const part = payload.slice(at, at + 184)
    const counter = counters.get(pid) ?? 0
    counters.set(pid, (counter + 1) & 15)
    const fill = 184 - part.length
    const adaptation = fill === 0 ? [] : fill === 1 ? [0] : [fill - 1, 0, ...Array(fill - 2).fill(255)]
    out.push(0x47, (at === 0 ? 0x40 : 0) | (pid >> 8), pid & 255, (fill ? 0x30 : 0x10) | counter, ...adaptation, ...part)
  }
  return out
}
const section = (table, id, body) => {
  const length = body.length + 9
  const bytes = [table, 0xb0 | (length >> 8), length & 255, id >> 8, id & 255, 0xc1, 0, 0, ...body]
  return [0, ...bytes, ...crc(bytes)]
}
const stamp = (pts) => [0x21 | ((pts / 2 ** 29) & 0x0e), (pts >> 22) & 255, ((pts >> 14) & 255) | 1, (pts >> 7) & 255, ((pts << 1) & 255) | 1]
const pes = (pts, data) => [0, 0, 1, 0xe0, 0, 0, 0x84, 0x80, 5, ...stamp(pts), ...data]

/** A black MPEG-2 intra frame of 16 x 16 pixels, as an encoder made it. */
const frame = [...Buffer.from(
  '000001b301001013ffffe018000001b5148a00010000000001b80008004000000100000ffff8000001b58ffff341800000010113f87d29' +
  '4888',
  'hex',
)]
const transport = (type) => {
  counters.clear()
  const pat = section(0, 1, [0, 1, 0xf0, 0x00])
  const pmt = section(2, 1, [0xe1, 0x00, 0xf0, 0, type, 0xe1, 0x00, 0xf0, 0])
  return new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7].flatMap((n) => [...packets(0, pat), ...packets(0x1000, pmt), ...packets(0x100, pes(90_000 + n * 3600, frame))]))
}

const sized = (id, body) => [...id, 0x01, ...[48, 40, 32, 24, 16, 8, 0].map((shift) => Math.floor(body.length / 2 ** shift) & 255), ...body]
const text = (value) => [...Buffer.from(value)]
const matroska = () => {
  const head = sized([0x1a, 0x45, 0xdf, 0xa3], [...sized([0x42, 0x82], text('matroska')), ...sized([0x42, 0x87], [4]), ...sized([0x42, 0x85], [2])])
  const video = sized([0xe0], [...sized([0xb0], [16]), ...sized([0xba], [16])])
  const track = sized([0xae], [...sized([0xd7], [1]), ...sized([0x73, 0xc5], [1]), ...sized([0x83], [1]), ...sized([0x86], text('V_MPEG2')), ...video])
  const blocks = [0, 1, 2, 3].flatMap((n) => sized([0xa3], [0x81, 0, n * 40, 0x80, ...frame]))
  const info = sized([0x15, 0x49, 0xa9, 0x66], sized([0x2a, 0xd7, 0xb1], [0x0f, 0x42, 0x40]))
  return new Uint8Array([...head, ...sized([0x18, 0x53, 0x80, 0x67], [...info, ...sized([0x16, 0x54, 0xae, 0x6b], track), ...sized([0x1f, 0x43, 0xb6, 0x75], [...sized([0xe7], [0]), ...blocks])])])
}

async function tracksOf(bytes) {
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(bytes) })
  const tracks = await input.getTracks()
  return Promise.all(tracks.map(async (track) => `${track.type} track, codec ${await track.getCodec()}`))
}
console.log(`mediabunny ${JSON.parse(readFileSync('node_modules/mediabunny/package.json', 'utf8')).version}, node ${process.version}`)
const inTransport = await tracksOf(transport(0x02))
const inMatroska = await tracksOf(matroska())
console.log(`MPEG-2 in a transport stream: ${inTransport.length} tracks ${inTransport.join('; ')}`)
console.log(`MPEG-2 in Matroska:           ${inMatroska.length} tracks: ${inMatroska.join('; ')}`)
if (inTransport.length !== 0 || inMatroska.join() !== 'video track, codec null') {
  console.log('The behaviour has changed.')
  process.exit(1)
}
JS
node try.mjs
# Seen with mediabunny 1.61.0, node v24:
#   MPEG-2 in a transport stream: 0 tracks
#   MPEG-2 in Matroska:           1 tracks: video track, codec null
