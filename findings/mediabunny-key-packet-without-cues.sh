#!/bin/sh
# Field: containers, mediabunny (npm).
#
# One would guess: `EncodedPacketSink.getKeyPacket(t)` gives the last key packet at or before t, so that for a file with one
# key packet at its start it gives that packet for every t.
#
# What happens (mediabunny 1.61.0): in a Matroska or WebM file without cues (every recording of a MediaRecorder, every file
# that was written to a pipe) the answer depends on what was read before. A fresh input answers right. One that was asked
# before remembers where clusters begin, starts at the nearest one, finds no key packet from there on and gives null.
# `getPacket` and `getNextPacket` are right all the time.
#
# Run: sh findings/mediabunny-key-packet-without-cues.sh; needs node and npm. Exit code 1: the behaviour has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund mediabunny@1.61.0
cat > ask.mjs <<'SCRIPT'
import { readFileSync } from 'node:fs'
import { BufferSource, BufferTarget, EncodedPacket, EncodedPacketSink, EncodedVideoPacketSource, Input, MATROSKA, MkvOutputFormat, Output } from 'mediabunny'

/** Ten seconds at ten frames per second in clusters of one second; frame 0 is the only key frame. */
async function recording() {
  const output = new Output({ format: new MkvOutputFormat({ appendOnly: true, minimumClusterDuration: 0.5 }), target: new BufferTarget() })
  const source = new EncodedVideoPacketSource('vp8')
  output.addVideoTrack(source)
  await output.start()
  const config = { codec: 'vp8', codedWidth: 16, codedHeight: 16 }
  // the muxer begins clusters at key packets only: their marks are taken off again below
  for (let n = 0; n < 100; n++) await source.add(new EncodedPacket(Uint8Array.of(n, 1, 2, 3), n % 10 === 0 ? 'key' : 'delta', n / 10, 0.1), { decoderConfig: config })
  await output.finalize()
  const file = new Uint8Array(output.target.buffer)
  // SimpleBlock (A3), its size in four bytes (8), track 1 (81), two bytes of time, flags
  let blocks = 0
  for (let at = 0; at + 8 < file.length; at++) {
    if ([0xa3, 0x10, 0, 0, 8, 0x81].every((byte, i) => file[at + i] === byte) && blocks++ > 0) file[at + 8] &= 0x7f
  }
  return file
}

const file = await recording()
async function open() {
  const input = new Input({ formats: [MATROSKA], source: new BufferSource(file) })
  return new EncodedPacketSink(await input.getPrimaryVideoTrack())
}

const times = [0.55, 2.55, 4.55, 6.55, 8.55]
const keys = []
for await (const packet of (await open()).packets()) if (packet.type === 'key') keys.push(packet.timestamp)
const fresh = []
for (const time of times) fresh.push((await (await open()).getKeyPacket(time))?.timestamp ?? null)
const one = await open()
const rising = []
for (const time of times) rising.push((await one.getKeyPacket(time))?.timestamp ?? null)
const packets = []
for (const time of times) packets.push((await one.getPacket(time))?.timestamp ?? null)
console.log('mediabunny', JSON.parse(readFileSync('node_modules/mediabunny/package.json', 'utf8')).version, 'node', process.version)
console.log('key packets of the file     ', JSON.stringify(keys))
console.log('asked for                   ', JSON.stringify(times))
console.log('getKeyPacket, a fresh input ', JSON.stringify(fresh))
console.log('getKeyPacket, the same input', JSON.stringify(rising))
console.log('getPacket, the same input   ', JSON.stringify(packets))
const isAsSeen = keys.join() === '0' && fresh.every((time) => time === 0) && rising.includes(null) && packets.every((time) => time !== null)
process.exit(isAsSeen ? 0 : 1)
SCRIPT
node ask.mjs
# Output seen:
#   mediabunny 1.61.0 node v24.21.0
#   key packets of the file      [0]
#   asked for                    [0.55,2.55,4.55,6.55,8.55]
#   getKeyPacket, a fresh input  [0,0,0,0,0]
#   getKeyPacket, the same input [0,0,null,null,null]
#   getPacket, the same input    [0.5,2.5,4.5,6.5,8.5]
