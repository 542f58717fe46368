import type { PictureFile } from './reader.ts'

/** One box of the ISO base media file format (ISO/IEC 14496-12): its name and what is in it. */
export interface Box {
  readonly type: string
  readonly data: Buffer
}

/** A picture or a part of one in a HEIF file, with its properties in their order. */
export interface HeifItem {
  readonly id: number
  /** `hvc1`, `av01`, `jpeg`, `grid`, `iden`, `iovl`, ... */
  readonly type: string
  /** Not to be shown by itself. */
  readonly hidden: boolean
  readonly properties: readonly Box[]
  /** Where its bytes are in the file; empty: inside the header. */
  readonly extents: readonly { readonly offset: number; readonly length: number }[]
}

/** A reference of an item to others: `auxl` (is the alpha of), `dimg` (is made of), `thmb`, ... */
interface Reference {
  readonly type: string
  readonly from: number
  readonly to: readonly number[]
}

/** A row of pictures as in a video; `data` of the first. */
export interface HeifTrack {
  readonly handler: string
  /** The description of its pictures: `av01`, `hvc1`, ... with the boxes in it. */
  readonly codec: string
  readonly properties: readonly Box[]
  readonly width: number
  readonly height: number
  readonly pictures: number
  readonly first: { readonly offset: number; readonly length: number }
}

/** What the header of a HEIF or AVIF file says. */
export interface HeifFile {
  readonly brands: readonly string[]
  /** The item that is shown; null: the file has only tracks. */
  readonly primary: HeifItem | null
  readonly items: ReadonlyMap<number, HeifItem>
  readonly references: readonly Reference[]
  readonly tracks: readonly HeifTrack[]
}

/** A header of a picture is far below this, in bytes. */
const MAX_HEADER = 16 * 1024 ** 2
const MAX_BOXES = 10_000

/** Reads the header of a HEIF or AVIF file. Throws where it is cut or broken. */
export async function readHeifFile(file: PictureFile): Promise<HeifFile> {
  let brands: string[] = []
  let meta: Meta | null = null
  let tracks: HeifTrack[] = []
  for (let at = 0; at + 8 <= file.bytes; ) {
    const head = await file.readAt(at, 16)
    const { type, length, header } = boxHead(head, file.bytes - at)
    if (length < header) break
    if (['ftyp', 'meta', 'moov'].includes(type)) {
      if (length > MAX_HEADER) throw new Error(`the ${type} box is too large`)
      const data = await file.readAt(at + header, length - header)
      if (data.length < length - header) throw new Error(`cut in the ${type} box`)
      if (type === 'ftyp')
        brands =
          data
            .toString('latin1')
            .match(/.{4}/gs)
            ?.filter((_, i) => i !== 1) ?? []
      if (type === 'meta') meta = readMeta(data)
      if (type === 'moov')
        tracks = boxes(data)
          .filter((box) => box.type === 'trak')
          .map((box) => readTrack(box.data))
          .filter((track) => track !== null)
    }
    at += length
  }
  const items = meta?.items ?? new Map<number, HeifItem>()
  return { brands, primary: items.get(meta?.primary ?? -1) ?? null, items, references: meta?.references ?? [], tracks }
}

/** The boxes that fill `data`. Throws where one does not fit. */
export function boxes(data: Buffer): Box[] {
  const found: Box[] = []
  for (let at = 0; at + 8 <= data.length && found.length < MAX_BOXES; ) {
    const { type, length, header } = boxHead(data.subarray(at, at + 16), data.length - at)
    if (length < header || at + length > data.length) throw new Error(`broken ${type} box`)
    found.push({ type, data: data.subarray(at + header, at + length) })
    at += length
  }
  return found
}

/** How a box begins; `rest`: bytes until the end of what it is in. */
export function boxHead(head: Buffer, rest: number): { type: string; length: number; header: number } {
  const short = head.readUInt32BE(0)
  const type = head.toString('latin1', 4, 8)
  if (short === 1 && head.length >= 16) return { type, length: Number(head.readBigUInt64BE(8)), header: 16 }
  return { type, length: short === 0 ? rest : short, header: 8 }
}

/** What is in the box that a path of names leads to; null: there is none. */
export const inside = (data: Buffer, ...path: string[]): Buffer | null =>
  path.reduce<Buffer | null>((box, type) => (box && boxes(box).find((one) => one.type === type)?.data) ?? null, data)

interface Meta {
  readonly primary: number
  readonly items: Map<number, HeifItem>
  readonly references: Reference[]
}

function readMeta(data: Buffer): Meta | null {
  const content = data.subarray(4)
  const named = new Map(boxes(content).map((box) => [box.type, box.data]))
  const pitm = named.get('pitm')
  const iinf = named.get('iinf')
  if (!pitm || !iinf) return null
  const properties = boxes(inside(content, 'iprp', 'ipco') ?? Buffer.alloc(0))
  const uses = readAssociations(inside(content, 'iprp', 'ipma'))
  const places = readPlaces(named.get('iloc'))
  const items = new Map<number, HeifItem>()
  for (const { type, data: entry } of boxes(iinf.subarray(iinf[0] === 0 ? 6 : 8))) {
    if (type !== 'infe' || entry[0]! < 2) continue
    const wide = entry[0] === 3
    const id = wide ? entry.readUInt32BE(4) : entry.readUInt16BE(4)
    const at = wide ? 10 : 8
    const own = (uses.get(id) ?? []).map((index) => properties[index - 1]).filter((box) => box !== undefined)
    items.set(id, {
      id,
      type: entry.toString('latin1', at, at + 4),
      hidden: (entry[3]! & 1) === 1,
      properties: own,
      extents: places.get(id) ?? [],
    })
  }
  return {
    primary: pitm[0] === 0 ? pitm.readUInt16BE(4) : pitm.readUInt32BE(4),
    items,
    references: readReferences(named.get('iref')),
  }
}

/** Reads numbers one after another. */
function reader(data: Buffer, at: number) {
  return (bytes: number): number => {
    const value = bytes === 0 ? 0 : bytes === 8 ? Number(data.readBigUInt64BE(at)) : data.readUIntBE(at, bytes)
    at += bytes
    return value
  }
}

function readAssociations(ipma: Buffer | null): Map<number, number[]> {
  const uses = new Map<number, number[]>()
  if (!ipma) return uses
  const next = reader(ipma, 4)
  const wide = (ipma[3]! & 1) === 1
  for (let left = next(4); left > 0; left--) {
    const id = next(ipma[0] === 0 ? 2 : 4)
    uses.set(
      id,
      Array.from({ length: next(1) }, () => (wide ? next(2) & 0x7fff : next(1) & 0x7f)),
    )
  }
  return uses
}

function readPlaces(iloc: Buffer | undefined): Map<number, { offset: number; length: number }[]> {
  const places = new Map<number, { offset: number; length: number }[]>()
  if (!iloc) return places
  const version = iloc[0]!
  const [offsetSize, lengthSize, baseSize] = [iloc[4]! >> 4, iloc[4]! & 15, iloc[5]! >> 4]
  const indexSize = version === 0 ? 0 : iloc[5]! & 15
  const next = reader(iloc, 6)
  for (let left = next(version < 2 ? 2 : 4); left > 0; left--) {
    const id = next(version < 2 ? 2 : 4)
    const method = version === 0 ? 0 : next(2) & 15
    next(2)
    const base = next(baseSize)
    const extents = Array.from({ length: next(2) }, () => {
      next(indexSize)
      return { offset: base + next(offsetSize), length: next(lengthSize) }
    })
    places.set(id, method === 0 ? extents : [])
  }
  return places
}

function readReferences(iref: Buffer | undefined): Reference[] {
  if (!iref) return []
  const size = iref[0] === 0 ? 2 : 4
  return boxes(iref.subarray(4)).map(({ type, data }) => {
    const next = reader(data, 0)
    return { type, from: next(size), to: Array.from({ length: next(2) }, () => next(size)) }
  })
}

/** The first picture of a track; null where it has none. */
function readTrack(trak: Buffer): HeifTrack | null {
  const table = inside(trak, 'mdia', 'minf', 'stbl')
  const handler = inside(trak, 'mdia', 'hdlr')?.toString('latin1', 8, 12) ?? ''
  const entry = table && inside(table, 'stsd') ? boxes(inside(table, 'stsd')!.subarray(8))[0] : undefined
  const first = table && firstSample(table)
  if (!entry || !first || entry.data.length < 78) return null
  return {
    handler,
    codec: entry.type,
    properties: boxes(entry.data.subarray(78)),
    width: entry.data.readUInt16BE(24),
    height: entry.data.readUInt16BE(26),
    ...first,
  }
}

/** How many samples a track's tables (`stbl`) tell, and where the first one stands; null where there is none. */
export function firstSample(table: Buffer): Pick<HeifTrack, 'pictures' | 'first'> | null {
  const [sizes, near, far] = [inside(table, 'stsz'), inside(table, 'stco'), inside(table, 'co64')]
  const pictures = sizes?.readUInt32BE(8) ?? 0
  if (!sizes || pictures === 0 || !(near ?? far)) return null
  const length = sizes.readUInt32BE(4) || sizes.readUInt32BE(12)
  return { pictures, first: { offset: near ? near.readUInt32BE(8) : Number(far!.readBigUInt64BE(8)), length } }
}
