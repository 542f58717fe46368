import { AppError, say } from '#contract'

/** Reads up to `length` bytes at `offset`; fewer at the end of the file. */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>

/** The tags that are read, by their names in TIFF 6.0 and its supplements. */
export const Tag = {
  newSubfileType: 254,
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  make: 271,
  stripOffsets: 273,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  stripCounts: 279,
  planar: 284,
  t4Options: 292,
  predictor: 317,
  colourMap: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileCounts: 325,
  subIfds: 330,
  inkSet: 332,
  extraSamples: 338,
  sampleFormat: 339,
  jpegTables: 347,
  jpegStream: 513,
  jpegStreamLength: 514,
  jpegRestart: 515,
  jpegQuantization: 519,
  jpegDc: 520,
  jpegAc: 521,
  yCbCrCoefficients: 529,
  yCbCrSubsampling: 530,
  referenceBlackWhite: 532,
  icc: 34675,
  exif: 34665,
  makerNote: 37500,
  dngVersion: 50706,
} as const

const typeSizes: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
}

const MAX_ENTRIES = 4096
const MAX_VALUES = 1 << 22
/** Directories of one file that are looked at. */
const MAX_DIRECTORIES = 20_000

interface Entry {
  readonly type: number
  readonly count: number
  /** The value itself where it fits, else where it stands. */
  readonly inline: Buffer
  /** Where `inline` stands in the file. */
  readonly at: number
}

/**
 * One image file directory (IFD): the tags of a page. Values that stand elsewhere in the file are read when they are
 * asked for.
 */
export class Directory {
  private readonly file: TiffFile
  private readonly entries: ReadonlyMap<number, Entry>
  /** Its place in the chain of the file's directories; of a sub-directory that of its parent. */
  readonly index: number

  constructor(file: TiffFile, entries: ReadonlyMap<number, Entry>, index: number) {
    this.file = file
    this.entries = entries
    this.index = index
  }

  has(tag: number): boolean {
    return this.entries.has(tag)
  }

  /** The numbers of a tag, none where it is missing. @throws AppError DamagedMedia when they lie outside the file. */
  async numbers(tag: number): Promise<number[]> {
    const entry = this.entries.get(tag)
    if (!entry) return []
    const { type, count } = entry
    const bytes = await this.bytes(tag)
    const step = typeSizes[type]!
    return Array.from({ length: count }, (_, n) => this.file.number(bytes, n * step, type))
  }

  /** The first number of a tag, or `missing`. */
  async number(tag: number, missing: number): Promise<number> {
    return (await this.numbers(tag))[0] ?? missing
  }

  /** Where the value of a tag stands in the file, where it does not fit into the directory; null: it does, or is missing. */
  place(tag: number): { readonly offset: number; readonly length: number } | null {
    const entry = this.entries.get(tag)
    const length = entry ? entry.count * typeSizes[entry.type]! : 0
    return entry && length > entry.inline.length ? { offset: this.file.offset(entry.inline, 0), length } : null
  }

  /** Where the value of a tag stands that fits into the directory; null: it does not, or is missing. */
  inlinePlace(tag: number): number | null {
    return this.place(tag) ? null : (this.entries.get(tag)?.at ?? null)
  }

  /** The bytes of a tag, none where it is missing. @throws AppError DamagedMedia. */
  async bytes(tag: number): Promise<Buffer> {
    const entry = this.entries.get(tag)
    if (!entry) return Buffer.alloc(0)
    const length = entry.count * typeSizes[entry.type]!
    if (length <= entry.inline.length) return entry.inline.subarray(0, length)
    const bytes = await this.file.read(this.file.offset(entry.inline, 0), length)
    if (bytes.length < length) throw tiffDamaged(this.file.name, `tag ${tag} lies outside the file`)
    return bytes
  }
}

/** A TIFF or BigTIFF file of either byte order. */
export class TiffFile {
  readonly name: string
  readonly read: ReadAt
  readonly little: boolean
  private readonly big: boolean
  /** The directories of the file's chain, in order; at least one. */
  readonly chain: Directory[] = []

  private constructor(name: string, read: ReadAt, head: Buffer) {
    this.name = name
    this.read = read
    this.little = head[0] === 0x49
    this.big = head[this.little ? 2 : 3] === 43
  }

  /** Reads the directories, not what they point at. @throws AppError DamagedMedia when there is no directory. */
  static async open(name: string, read: ReadAt): Promise<TiffFile> {
    const head = await read(0, 16)
    if (head.length < 8) throw tiffDamaged(name, 'cut in its header')
    const file = new TiffFile(name, read, Buffer.concat([head, Buffer.alloc(16 - head.length)]))
    const seen = new Set<number>()
    let at = file.big ? file.offset(head, 8) : file.offset(head, 4)
    while (at > 0 && !seen.has(at) && seen.size < MAX_DIRECTORIES) {
      seen.add(at)
      const found = await file.directory(at, file.chain.length)
      if (!found) break
      file.chain.push(found.directory)
      at = found.next
    }
    if (file.chain.length === 0) throw tiffDamaged(name, 'no directory')
    return file
  }

  /** The directories below `parent` (SubIFDs), which hold thumbnails, and a camera's full picture. */
  async below(parent: Directory): Promise<Directory[]> {
    const found: Directory[] = []
    for (const at of (await parent.numbers(Tag.subIfds)).slice(0, 32)) {
      const sub = await this.at(at, parent.index)
      if (sub) found.push(sub)
    }
    return found
  }

  /** The directory at an offset, outside of the chain; null where there is none. */
  async at(offset: number, index = 0): Promise<Directory | null> {
    return (await this.directory(offset, index))?.directory ?? null
  }

  /** The same file with offsets that count from `base`, as cameras' own notes have them. */
  from(base: number): TiffFile {
    const head = Buffer.alloc(16, this.little ? 'I' : 'M')
    return new TiffFile(this.name, (offset, length) => this.read(base + offset, length), head)
  }

  /** An offset of the file's width (4 bytes, in BigTIFF 8) in `bytes` at `at`. */
  offset(bytes: Buffer, at: number): number {
    return this.number(bytes, at, this.big ? 16 : 4)
  }

  number(bytes: Buffer, at: number, type: number): number {
    const { little } = this
    if (type === 3) return little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)
    if (type === 4 || type === 13) return little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)
    if (type === 8) return little ? bytes.readInt16LE(at) : bytes.readInt16BE(at)
    if (type === 9) return little ? bytes.readInt32LE(at) : bytes.readInt32BE(at)
    if (type === 5) return this.number(bytes, at, 4) / (this.number(bytes, at + 4, 4) || 1)
    if (type === 10) return this.number(bytes, at, 9) / (this.number(bytes, at + 4, 9) || 1)
    if (type === 11) return little ? bytes.readFloatLE(at) : bytes.readFloatBE(at)
    if (type === 12) return little ? bytes.readDoubleLE(at) : bytes.readDoubleBE(at)
    if (type >= 16) return Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at))
    return bytes[at]!
  }

  private async directory(at: number, index: number): Promise<{ directory: Directory; next: number } | null> {
    const countSize = this.big ? 8 : 2
    const entrySize = this.big ? 20 : 12
    const offsetSize = this.big ? 8 : 4
    const head = await this.read(at, countSize)
    if (head.length < countSize) return null
    const count = this.number(head, 0, this.big ? 16 : 3)
    if (count === 0 || count > MAX_ENTRIES) return null
    const body = await this.read(at + countSize, count * entrySize + offsetSize)
    if (body.length < count * entrySize) return null
    const entries = new Map<number, Entry>()
    for (let n = 0; n < count; n++) {
      const from = n * entrySize
      const tag = this.number(body, from, 3)
      const type = this.number(body, from + 2, 3)
      const values = this.offset(body, from + 4)
      const inline = body.subarray(from + entrySize - offsetSize, from + entrySize)
      if (typeSizes[type] !== undefined && values <= MAX_VALUES && !entries.has(tag))
        entries.set(tag, { type, count: values, inline, at: at + countSize + from + entrySize - offsetSize })
    }
    const next = body.length < count * entrySize + offsetSize ? 0 : this.offset(body, count * entrySize)
    return { directory: new Directory(this, entries, index), next }
  }
}

const WINDOW = 1 << 16

/** Reads small pieces from a piece of the file that is kept, since a directory is many of them. */
export function windowed(readAt: ReadAt): ReadAt {
  let start = 0
  let held: Buffer = Buffer.alloc(0)
  return async (offset, length) => {
    if (length > WINDOW / 4) return readAt(offset, length)
    if (offset < start || offset + length > start + held.length) {
      start = offset
      held = await readAt(offset, WINDOW)
    }
    return held.subarray(offset - start, offset - start + length)
  }
}

/** Bytes of a TIFF are missing or wrong. */
export const tiffDamaged = (name: string, cause: unknown): AppError =>
  new AppError(
    'DamagedMedia',
    say`${name} is damaged or incomplete and cannot be read. Copy or download it again, or save it anew in a picture editor.`,
    undefined,
    {
      cause,
    },
  )

/** An intact TIFF of a form that is not read; `what` says which: "holds …", "is compressed as …". */
export const tiffUnsupported = (name: string, what: string): AppError =>
  new AppError(
    'UnsupportedMedia',
    say`${name} ${what}, which cannot be read. Open it in the program that made it, save it as PNG and use that.`,
    { kind: 'tiff' },
  )

const compressions: Readonly<Record<number, string>> = {
  1: 'no compression',
  2: 'fax G3 (CCITT 1D)',
  3: 'fax G3',
  4: 'fax G4',
  5: 'LZW',
  6: 'old-style JPEG',
  7: 'JPEG',
  8: 'Deflate',
  9: 'JBIG',
  10: 'JBIG',
  32766: 'NeXT 2-bit',
  32773: 'PackBits',
  32809: 'ThunderScan',
  32946: 'Deflate',
  34661: 'JBIG',
  34676: 'SGI LogLuv',
  34677: 'SGI LogLuv',
  34712: 'JPEG 2000',
  33003: 'JPEG 2000 (Aperio)',
  33005: 'JPEG 2000 (Aperio)',
  34887: 'LERC',
  34892: 'lossy JPEG (DNG)',
  34925: 'LZMA',
  50000: 'Zstandard',
  50001: 'WebP',
  50002: 'JPEG XL',
  52546: 'JPEG XL (DNG)',
}

/** What a compression is called. */
export const compressionName = (code: number): string => compressions[code] ?? `method ${code}`

const colours: Readonly<Record<number, string>> = {
  4: 'a transparency mask only',
  10: 'colours as ITU Lab',
  32803: 'the raw data of a camera',
  32844: 'SGI LogL greys',
  32845: 'SGI LogLuv colours',
  34892: 'the raw data of a camera',
  51177: 'a depth map',
}

/** What a photometric interpretation that is not read holds. */
export const colourName = (code: number): string => colours[code] ?? `colours of kind ${code}`
