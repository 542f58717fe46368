import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  BufferSource,
  BufferTarget,
  EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  MkvOutputFormat,
  MP4,
  Mp4OutputFormat,
  MpegTsOutputFormat,
  Output,
  WEBM,
} from 'mediabunny'
import type { OutputFormat, VideoCodec } from 'mediabunny'
import { root } from './electronProgram.ts'

/** A video of six seconds, 72 frames, of `e2e/fixtures`. */
type Fixture = 'right-then-down.mp4' | 'left-then-up.webm'

interface Track {
  readonly codec: VideoCodec
  readonly decoderConfig: VideoDecoderConfig
  readonly packets: readonly EncodedPacket[]
}

async function trackOf(fixture: Fixture): Promise<Track> {
  const input = new Input({
    formats: [MP4, WEBM],
    source: new BufferSource(readFileSync(join(root, 'e2e/fixtures', fixture))),
  })
  const track = await input.getPrimaryVideoTrack()
  const codec = await track?.getCodec()
  const decoderConfig = await track?.getDecoderConfig()
  if (!track || !codec || !decoderConfig) throw new Error(`${fixture} has no video`)
  const packets: EncodedPacket[] = []
  for await (const packet of new EncodedPacketSink(track).packets()) packets.push(packet)
  return { codec, decoderConfig, packets }
}

/** The packets of a track in a file of another kind. */
async function packed({ codec, decoderConfig, packets }: Track, format: OutputFormat): Promise<Buffer> {
  const output = new Output({ format, target: new BufferTarget() })
  const source = new EncodedVideoPacketSource(codec)
  output.addVideoTrack(source)
  await output.start()
  for (const packet of packets) await source.add(packet, { decoderConfig })
  await output.finalize()
  return Buffer.from(output.target.buffer ?? new ArrayBuffer(0))
}

/** A packet that is called a key packet or none, whatever it is. */
const called = ({ data, timestamp, duration }: EncodedPacket, isKey: boolean, at = timestamp): EncodedPacket =>
  new EncodedPacket(data, isKey ? 'key' : 'delta', at, duration)

/** A Matroska file as a recorder writes it to a pipe: no cues, no length, and clusters that begin between key frames. */
export async function liveRecording(): Promise<Buffer> {
  const track = await trackOf('left-then-up.webm')
  const packets = track.packets.map((packet, place) => called(packet, place % 9 === 0))
  const file = await packed(
    { ...track, packets },
    new MkvOutputFormat({ appendOnly: true, minimumClusterDuration: 0.5 }),
  )
  let blocks = 0
  for (const at of simpleBlocks(file)) if (blocks++ > 0) file[at] = (file[at] ?? 0) & 0x7f
  return file
}

/** Where the flags of each simple block of a Matroska file are whose clusters do not say how large they are, or do. */
function* simpleBlocks(file: Buffer): Generator<number> {
  const number = (at: number, isSize: boolean): { value: number; next: number } => {
    const length = Math.clz32((file[at] ?? 0) << 24) + 1
    let value = isSize ? (file[at] ?? 0) & ((1 << (8 - length)) - 1) : (file[at] ?? 0)
    for (let i = at + 1; i < at + length; i++) value = value * 256 + (file[i] ?? 0)
    return { value, next: at + length }
  }
  const entered = new Set([0x18538067, 0x1f43b675])
  for (let at = 0; at < file.length; ) {
    const id = number(at, false)
    const size = number(id.next, true)
    // a block begins with the number of its track in one byte and its time in two
    if (id.value === 0xa3) yield size.next + 3
    at = entered.has(id.value) ? size.next : size.next + size.value
  }
}

/** A recording whose recorder ended before it was done. */
export async function cutRecording(): Promise<Buffer> {
  const whole = await liveRecording()
  return whole.subarray(0, Math.floor(whole.length * 0.7))
}

/** A file that says that its colours are those of HDR (PQ, BT.2020). */
export async function hdrVideo(): Promise<Buffer> {
  const { decoderConfig, ...track } = await trackOf('left-then-up.webm')
  const colorSpace = {
    primaries: 'bt2020',
    transfer: 'pq',
    matrix: 'bt2020-ncl',
    fullRange: false,
  } as unknown as VideoColorSpaceInit
  return packed({ ...track, decoderConfig: { ...decoderConfig, colorSpace } }, new MkvOutputFormat())
}

/** A transport stream, as cameras and television have it. */
export const transportStream = async (): Promise<Buffer> =>
  packed(await trackOf('right-then-down.mp4'), new MpegTsOutputFormat())

/** A file that begins in the midst: its first key frame is the 25th packet, and the first packet is wrongly called one. */
export async function lateKeyFrame(): Promise<Buffer> {
  const track = await trackOf('left-then-up.webm')
  const packets = [...track.packets.slice(-24), ...track.packets].map((packet, n) =>
    called(packet, n === 0 || packet.type === 'key', n / 12),
  )
  return packed({ ...track, packets }, new Mp4OutputFormat())
}

/** The first fixture without its first two seconds and its last: not encoded anew, but hidden by its edit list. */
export function trimmed(): Buffer {
  const file = readFileSync(join(root, 'e2e/fixtures/right-then-down.mp4'))
  const list = file.indexOf('elst') + 4
  const movie = file.readUInt32BE(file.indexOf('mvhd') + 4 + 12)
  const media = file.readUInt32BE(file.indexOf('mdhd') + 4 + 12)
  file.writeUInt32BE(3 * movie, list + 8)
  file.writeInt32BE(file.readInt32BE(list + 12) + 2 * media, list + 12)
  return file
}
