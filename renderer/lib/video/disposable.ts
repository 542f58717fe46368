/**
 * Whether a packet holds only pictures that no other one is decoded from (H.264's nal_ref_idc of 0), so that it may be
 * left
 * out. False for what is not known to be one.
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
