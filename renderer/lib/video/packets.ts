import { EncodedPacketSink } from 'mediabunny'
import type { EncodedPacket, InputVideoTrack } from 'mediabunny'

/**
 * Whether a packet holds only pictures that no other one is decoded from (H.264's nal_ref_idc of 0), so that it may be
 * left out. False for what is not known to be one.
 *
 * @param config As the decoder gets it: its description tells how the parts of the packet are set apart.
 * @see ITU-T H.264, 7.4.1 and Annex B; ISO/IEC 14496-15, 5.3.3
 */
export function isDisposable(packet: Uint8Array, { codec, description }: VideoDecoderConfig): boolean {
  if (!/^avc[13]\./.test(codec)) return false
  let hasPicture = false
  for (const head of description ? headsByLength(packet, description) : headsByStartCode(packet)) {
    const type = head & 31
    if (type < 1 || type > 5) continue
    hasPicture = true
    if (head >> 5 !== 0) return false
  }
  return hasPicture
}

/** The first byte of each part that is preceded by its length. */
function* headsByLength(packet: Uint8Array, description: AllowSharedBufferSource): Generator<number> {
  const record = ArrayBuffer.isView(description)
    ? new Uint8Array(description.buffer, description.byteOffset, description.byteLength)
    : new Uint8Array(description)
  const size = ((record[4] ?? 3) & 3) + 1
  for (let at = 0; at + size < packet.length; ) {
    let length = 0
    for (let i = 0; i < size; i++) length = length * 256 + (packet[at + i] ?? 0)
    yield packet[at + size] ?? 0
    at += size + length
  }
}

/** The first byte of each part that is preceded by 0, 0, 1. */
function* headsByStartCode(packet: Uint8Array): Generator<number> {
  for (let at = packet.indexOf(1); at !== -1; at = packet.indexOf(1, at + 1)) {
    if (at >= 2 && packet[at - 1] === 0 && packet[at - 2] === 0 && at + 1 < packet.length) yield packet[at + 1] ?? 0
  }
}

/** The packets of a picture track in the order in which they are decoded; each holds one frame. */
export interface Packets {
  /** When the frame of each is shown, in seconds. */
  readonly times: Float64Array
  /** How long, in seconds; 0: the file does not say. */
  readonly durations: Float64Array
  /**
   * Places of those that can be decoded alone, rising, as the file has it; what turns out not to be one is taken out.
   */
  readonly keys: readonly number[]
  /** Whether the last of them lack bytes, because the file ends before. */
  readonly isCut: boolean
  /** The packet at this place. @throws {Error} When the file lacks it. */
  at(place: number): Promise<EncodedPacket>
  /** The packet after another one. @throws {Error} When the file lacks it. */
  after(packet: EncodedPacket): Promise<EncodedPacket>
  /** The place of the key packet where decoding the packet at this place begins; -1: there is none before it. */
  start(place: number): Promise<number>
  /** Whether no other frame is decoded from this one. */
  isDisposable(packet: EncodedPacket): boolean
}

/**
 * Lists the packets of a track. Their payload is not asked for, but for what tells whether the first key packet is one
 * and whether the last packet is whole: files that were cut have neither.
 */
export async function readPackets(track: InputVideoTrack): Promise<Packets> {
  const sink = new EncodedPacketSink(track)
  const config = await track.getDecoderConfig()
  const [shown, lengths, keys]: [number[], number[], number[]] = [[], [], []]
  let isCut = false
  try {
    for await (const { timestamp, duration, type } of sink.packets(undefined, undefined, { metadataOnly: true })) {
      if (type === 'key') keys.push(shown.length)
      shown.push(timestamp)
      lengths.push(duration)
    }
  } catch (thrown) {
    if (shown.length === 0) throw thrown
    isCut = true
  }

  async function at(place: number): Promise<EncodedPacket> {
    const time = shown[place] ?? 0
    // by time, which is quick; without an index in the file the answer may be an earlier one
    let packet = await sink.getPacket(time)
    for (let steps = 0; packet && packet.timestamp !== time && steps <= shown.length; steps++)
      packet = await sink.getNextPacket(packet)
    packet ??= await sink.getFirstPacket()
    for (let steps = 0; packet && packet.timestamp !== time && steps < place; steps++)
      packet = await sink.getNextPacket(packet)
    return present(packet)
  }

  const whole = await countWhole(shown.length, at)
  if (whole < shown.length) isCut = true
  while ((keys.at(-1) ?? -1) >= whole) keys.pop()
  const real = new Map<number, boolean>()
  /** Whether what the file calls a key packet is one. */
  async function isReal(key: number): Promise<boolean> {
    const known = real.get(key)
    if (known !== undefined) return known
    const is = config === null || (await track.determinePacketType(await at(key))) !== 'delta'
    real.set(key, is)
    return is
  }
  while (keys[0] !== undefined && !(await isReal(keys[0]))) keys.shift()

  return {
    times: Float64Array.from(shown.slice(0, whole)),
    durations: Float64Array.from(lengths.slice(0, whole)),
    keys,
    isCut,
    at,
    after: async (packet) => present(await sink.getNextPacket(packet)),
    async start(place) {
      for (let k = keys.findLastIndex((key) => key <= place); k >= 0; k--) {
        const key = keys[k] ?? 0
        // a frame that is shown before the key frame it follows needs what came before that
        if ((shown[place] ?? 0) < (shown[key] ?? 0) && k > 0) continue
        if (await isReal(key)) return key
      }
      return -1
    },
    isDisposable: ({ data }) => config !== null && isDisposable(data, config),
  }
}

/** How many of the packets are whole: all of them, or as many as there are bytes for. */
async function countWhole(count: number, at: (place: number) => Promise<EncodedPacket>): Promise<number> {
  const isWhole = (place: number): Promise<boolean> =>
    at(place).then(
      ({ data, byteLength }) => data.byteLength === byteLength,
      () => false,
    )
  if (count === 0 || (await isWhole(count - 1))) return count
  let [whole, torn] = [0, count - 1]
  while (whole < torn) {
    const middle = (whole + torn) >> 1
    if (await isWhole(middle)) whole = middle + 1
    else torn = middle
  }
  return whole
}

function present(packet: EncodedPacket | null): EncodedPacket {
  if (!packet) throw new Error('The file lacks a packet that it names')
  return packet
}
