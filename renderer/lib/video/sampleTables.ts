import { AppError } from '#contract'

/** The most frames of one track: eighteen hours at 30 per second. A damaged file claims billions. */
const MOST_FRAMES = 2_000_000
/** The largest index of a file that is read, in bytes. */
const MOST_INDEX_BYTES = 512 << 20
const containers = new Set(['trak', 'mdia', 'minf', 'traf'])
/** Bytes of one entry of the tables that begin with a count of their entries. */
const entryBytes: Readonly<Record<string, number>> = { stts: 8, ctts: 8, stss: 4, stsc: 12, stco: 4, co64: 8 }

/**
 * Holds the counts in an MP4 or MOV file's index against the bytes that are there for them. A reader that believes the
 * counts of a damaged file runs out of memory. Other files pass.
 *
 * @throws {AppError} `DamagedMedia` when a count is more than can be true.
 */
export async function checkSampleTables(file: Blob): Promise<void> {
  for (let at = 0; at + 8 <= file.size; ) {
    const head = new DataView(await file.slice(at, at + 16).arrayBuffer())
    const { type, size, start } = boxAt(head, 0, file.size - at)
    if (at === 0 && type !== 'ftyp' && !['moov', 'mdat', 'wide', 'free', 'skip', 'pnot'].includes(type)) return
    if (type === 'moov' || type === 'moof') {
      if (size > MOST_INDEX_BYTES) throw unbelievable()
      checkBoxes(new DataView(await file.slice(at + start, at + size).arrayBuffer()))
    }
    if (size < 8) return
    at += size
  }
}

/** The box at `at`, of `room` bytes to the end of what it lies in; `start`: where its content begins, from `at`. */
function boxAt(view: DataView, at: number, room: number): { type: string; size: number; start: number } {
  const short = view.getUint32(at)
  const type = String.fromCharCode(view.getUint8(at + 4), view.getUint8(at + 5), view.getUint8(at + 6), view.getUint8(at + 7))
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

const u32 = (content: DataView | undefined, at: number): number => (content && at + 4 <= content.byteLength ? content.getUint32(at) : 0)

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
  if (table.has('ctts') && Math.max(samples, sum(column('stts', 0)), sum(column('ctts', 0))) > MOST_FRAMES) throw unbelievable()
}

function isBelievableRun(content: DataView): boolean {
  const flags = u32(content, 0) & 0xffffff
  const fields = [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length
  return fields === 0 ? u32(content, 4) <= MOST_FRAMES : 8 + u32(content, 4) * 4 * fields <= content.byteLength
}

const unbelievable = (): AppError => new AppError('DamagedMedia', 'This video is damaged: its index says more than the file can hold. Try another copy of it.')
