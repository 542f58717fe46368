import type { Bytes } from './bytes.ts'

const EBML = 0x1a45dfa3
const SEGMENT = 0x18538067
const CLUSTER = 0x1f43b675
/** What may lie beside clusters: seek head, info, tracks, cues, attachments, chapters, tags. */
const BESIDE = new Set([CLUSTER, 0x114d9b74, 0x1549a966, 0x1654ae6b, 0x1c53bb6b, 0x1941a469, 0x1043a770, 0x1254c367])
/** Checksum, timestamp, position, previous size: what a cluster begins with. */
const CLUSTER_BEGINS = new Set([0xbf, 0xe7, 0xa7, 0xab])
/** How far from its end the last cluster of a file is looked for, in bytes: mostly it is near. */
const TAILS = [2 << 20, 64 << 20]

/** Where a recording that was cut off ends, and what is to stand in place of the size of its last cluster. */
export interface Torn {
  /** Before the first byte of the element that is torn. */
  readonly end: number
  /** null: the cluster does not name its size. */
  readonly patch: { readonly at: number; readonly bytes: Uint8Array } | null
}

/**
 * Where the last whole block of a Matroska or WebM file ends, if the file ends in the midst of one: a reader drops a
 * cluster that says it is larger than what is there, or stumbles over its torn block. null: the file is whole, or
 * another kind.
 *
 * @see RFC 8794, 4 to 6; RFC 9559, 5.1.3
 */
export async function findTorn(file: Bytes): Promise<Torn | null> {
  const head = await file.read(0, 4096)
  const ebml = elementAt(head, 0)
  if (ebml?.id !== EBML || ebml.size === null) return null
  const segment = elementAt(head, ebml.data + ebml.size)
  if (segment?.id !== SEGMENT) return null
  if (segment.size !== null && segment.data + segment.size <= file.size) return null
  for (const length of TAILS) {
    const start = Math.max(segment.data, file.size - length)
    const tail = await file.read(start, file.size)
    const cluster = lastCluster(tail)
    if (cluster) return tornIn(tail, cluster, start)
  }
  return null
}

/** @param tail The end of the file, from byte `start` on, with the last cluster in it. */
function tornIn(tail: Uint8Array, cluster: Element, start: number): Torn | null {
  let at = cluster.data
  for (;;) {
    const element = elementAt(tail, at)
    if (!element) break
    if (BESIDE.has(element.id)) return null
    // a group of blocks of unknown size does not occur
    if (element.size === null || element.data + element.size > tail.length) break
    at = element.data + element.size
    if (cluster.size !== null && at >= cluster.data + cluster.size)
      return at >= tail.length ? null : tornBeside(tail, at, start)
  }
  if (at >= tail.length && (cluster.size === null || cluster.data + cluster.size <= tail.length)) return null
  const patch =
    cluster.size === null
      ? null
      : { at: start + cluster.sizeAt, bytes: sizeField(at - cluster.data, cluster.data - cluster.sizeAt) }
  return { end: start + at, patch }
}

/** What follows the last cluster may be torn too, and is not needed. */
function tornBeside(tail: Uint8Array, from: number, start: number): Torn | null {
  for (let at = from; at < tail.length; ) {
    const element = elementAt(tail, at)
    if (!element || element.size === null || element.data + element.size > tail.length)
      return { end: start + at, patch: null }
    at = element.data + element.size
  }
  return null
}

interface Element {
  readonly id: number
  /** null: it says that it does not know. */
  readonly size: number | null
  /** Where the field of its size and its content begin. */
  readonly sizeAt: number
  readonly data: number
}

/** The head of the element at `at`; null where there is none, or not all of it. */
function elementAt(bytes: Uint8Array, at: number): Element | null {
  const idLength = Math.clz32((bytes[at] ?? 0) << 24) + 1
  const sizeAt = at + idLength
  const sizeLength = Math.clz32((bytes[sizeAt] ?? 0) << 24) + 1
  const data = sizeAt + sizeLength
  if (idLength > 4 || sizeLength > 8 || data > bytes.length) return null
  let id = 0
  for (let i = at; i < sizeAt; i++) id = id * 256 + (bytes[i] ?? 0)
  let size = (bytes[sizeAt] ?? 0) & ((1 << (8 - sizeLength)) - 1)
  let isUnknown = size === (1 << (8 - sizeLength)) - 1
  for (let i = sizeAt + 1; i < data; i++) {
    size = size * 256 + (bytes[i] ?? 0)
    isUnknown &&= bytes[i] === 255
  }
  return { id, size: isUnknown ? null : size, sizeAt, data }
}

function lastCluster(tail: Uint8Array): Element | null {
  for (let at = tail.lastIndexOf(0x1f); at !== -1; at = at === 0 ? -1 : tail.lastIndexOf(0x1f, at - 1)) {
    const element = elementAt(tail, at)
    if (element?.id === CLUSTER && (element.data >= tail.length || CLUSTER_BEGINS.has(tail[element.data] ?? 0)))
      return element
  }
  return null
}

/** A size, in a field of so many bytes. */
function sizeField(size: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let left = size
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = left % 256
    left = Math.floor(left / 256)
  }
  bytes[0] = (bytes[0] ?? 0) | (0x80 >> (length - 1))
  return bytes
}
