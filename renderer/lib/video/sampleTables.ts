import { AppError } from '#contract'
import type { Bytes } from './bytes.ts'

/** The most frames of one track: eighteen hours at 30 per second. A damaged file claims billions. */
const MOST_FRAMES = 2_000_000
/** The largest index of a file that is read, in bytes. */
const MOST_INDEX_BYTES = 512 << 20
const containers = new Set(['trak', 'mdia', 'minf', 'traf'])
/** Bytes of one entry of the tables that begin with a count of their entries. */
const entryBytes: Readonly<Record<string, number>> = { stts: 8, ctts: 8, stss: 4, stsc: 12, stco: 4, co64: 8 }

/**
 * Holds the counts in an MP4 or MOV file's index against the bytes that are there for them. A reader that believes the
 * counts of a damaged file runs out of memory. Other files pass. Answers when the edit list ends what is shown of the
 * video, in seconds, which the library does not read; null: it does not.
 *
 * @throws {AppError} `DamagedMedia` when a count is more than can be true, or the index was never written.
 */
export async function checkSampleTables(file: Bytes): Promise<number | null> {
  let editEnd: number | null = null
  let [hasFrames, hasIndex] = [false, false]
  for (let at = 0; at + 8 <= file.size; ) {
    const head = viewOf(await file.read(at, at + 16))
    const { type, size, start } = boxAt(head, 0, file.size - at)
    if (at === 0 && type !== 'ftyp' && !['moov', 'mdat', 'wide', 'free', 'skip', 'pnot'].includes(type)) return null
    if (type === 'mdat') hasFrames = true
    if (type === 'moov' || type === 'moof') {
      hasIndex = true
      if (size > MOST_INDEX_BYTES) throw unbelievable()
      const content = viewOf(await file.read(at + start, at + size))
      checkBoxes(content)
      if (type === 'moov') editEnd = endOfEdits(content)
    }
    if (size < 8) break
    at += size
  }
  if (hasFrames && !hasIndex) throw unfinished()
  return editEnd
}

/** Whether an MP4 or MOV file ends in the midst of its index. */
export async function isCutInIndex(file: Bytes): Promise<boolean> {
  for (let at = 0; at + 8 <= file.size; ) {
    const { type, size } = boxAt(viewOf(await file.read(at, at + 16)), 0, file.size - at)
    if (type === 'moov') return at + size > file.size
    if (size < 8) break
    at += size
  }
  return false
}

const viewOf = (bytes: Uint8Array<ArrayBuffer>): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** The content of the first box on a path of types. */
function boxOn(view: DataView | undefined, ...path: string[]): DataView | undefined {
  const [first, ...rest] = path
  if (!view || first === undefined) return view
  for (const { type, content } of boxesIn(view)) if (type === first) return boxOn(content, ...rest)
  return undefined
}

/**
 * When the edit list of the video track ends, in seconds; null: there is none, or it has several parts.
 *
 * @see ISO/IEC 14496-12, 8.6.6
 */
function endOfEdits(moov: DataView): number | null {
  const header = boxOn(moov, 'mvhd')
  const ticksPerSecond = header ? u32(header, header.getUint8(0) === 1 ? 20 : 12) : 0
  for (const { type, content } of boxesIn(moov)) {
    // 'vide'
    if (type !== 'trak' || u32(boxOn(content, 'mdia', 'hdlr'), 8) !== 0x76696465) continue
    const list = boxOn(content, 'edts', 'elst')
    if (!list || list.byteLength < 8 || ticksPerSecond === 0) return null
    const isLong = list.getUint8(0) === 1
    const [step, wide] = isLong ? [20, 8] : [12, 4]
    let total = 0
    let parts = 0
    for (let at = 8; at + step <= list.byteLength && at < 8 + u32(list, 4) * step; at += step) {
      const length = isLong ? Number(list.getBigUint64(at)) : list.getUint32(at)
      const isEmpty = list.getInt32(at + wide) === -1
      if (!isEmpty && length === 0) return null
      if (!isEmpty) parts++
      total += length
    }
    return parts === 1 ? total / ticksPerSecond : null
  }
  return null
}

/** The box at `at`, of `room` bytes to the end of what it lies in; `start`: where its content begins, from `at`. */
function boxAt(view: DataView, at: number, room: number): { type: string; size: number; start: number } {
  const short = view.getUint32(at)
  const type = String.fromCharCode(
    view.getUint8(at + 4),
    view.getUint8(at + 5),
    view.getUint8(at + 6),
    view.getUint8(at + 7),
  )
  if (short === 1) return { type, size: view.byteLength - at >= 16 ? Number(view.getBigUint64(at + 8)) : 0, start: 16 }
  return { type, size: short === 0 ? room : short, start: 8 }
}

/** The boxes directly within a box whose content is `view`; ends where one is larger than its place. */
function* boxesIn(view: DataView): Generator<{ type: string; content: DataView }> {
  for (let at = 0; at + 8 <= view.byteLength; ) {
    const { type, size, start } = boxAt(view, at, view.byteLength - at)
    if (size < start || at + size > view.byteLength) return
    yield { type, content: new DataView(view.buffer, view.byteOffset + at + start, size - start) }
    at += size
  }
}

function checkBoxes(view: DataView): void {
  for (const { type, content } of boxesIn(view)) {
    if (type === 'stbl') checkTable(new Map(Array.from(boxesIn(content), (box) => [box.type, box.content])))
    else if (containers.has(type)) checkBoxes(content)
    else if (type === 'trun' && !isBelievableRun(content)) throw unbelievable()
  }
}

const u32 = (content: DataView | undefined, at: number): number =>
  content && at + 4 <= content.byteLength ? content.getUint32(at) : 0

/** Whether the tables of one track, by their type, can be true. */
function checkTable(table: ReadonlyMap<string, DataView>): void {
  for (const [type, bytes] of Object.entries(entryBytes)) {
    const content = table.get(type)
    if (content && 8 + u32(content, 4) * bytes > content.byteLength) throw unbelievable()
  }
  /** The numbers in one place of each entry. */
  const column = (type: string, place: number): number[] => {
    const content = table.get(type)
    return Array.from({ length: u32(content, 4) }, (_, i) => u32(content, 8 + i * (entryBytes[type] ?? 0) + place))
  }
  const [sizes, packed] = [table.get('stsz'), table.get('stz2')]
  if (sizes && u32(sizes, 4) === 0 && 12 + u32(sizes, 8) * 4 > sizes.byteLength) throw unbelievable()
  if (packed && 12 + (u32(packed, 8) * (u32(packed, 4) & 255)) / 8 > packed.byteLength) throw unbelievable()
  const samples = u32(sizes ?? packed, 8)
  if (column('stsc', 4).some((perChunk) => perChunk > samples)) throw unbelievable()
  // sound that is not compressed has a sample for each tick of its clock, but no offsets
  const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)
  if (table.has('ctts') && Math.max(samples, sum(column('stts', 0)), sum(column('ctts', 0))) > MOST_FRAMES)
    throw unbelievable()
}

function isBelievableRun(content: DataView): boolean {
  const flags = u32(content, 0) & 0xffffff
  const fields = [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length
  return fields === 0 ? u32(content, 4) <= MOST_FRAMES : 8 + u32(content, 4) * 4 * fields <= content.byteLength
}

const unfinished = (): AppError =>
  new AppError(
    'DamagedMedia',
    'This video was not finished by what recorded it: its index, which is written last, is missing, so that no program can play it. A repair tool such as untrunc may rebuild it from a whole video of the same camera.',
    { missing: 'index' },
  )

const unbelievable = (): AppError =>
  new AppError(
    'DamagedMedia',
    'This video is damaged: its index says more than the file can hold. Try another copy of it.',
  )
