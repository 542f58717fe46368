import { isSrgbMatrix, isSrgbProfile, makeProfile, matrixOf, powers, primaries } from './colour.ts'
import type { Box, HeifFile, HeifItem, HeifTrack } from './heifFile.ts'

/** How colours are coded (ITU-T H.273): primaries, transfer, matrix, and whether all 256 values are used. */
export interface Nclx {
  readonly primaries: number
  readonly transfer: number
  readonly matrix: number
  readonly fullRange: boolean
}

/** How the primary picture of a file is made up. */
export interface HeifImage {
  /** Size as it is stored, before crop and turns. */
  readonly stored: { readonly width: number; readonly height: number }
  /** Size as it is shown. */
  readonly width: number
  readonly height: number
  readonly nclx: Nclx | null
  readonly icc: Buffer | null
  /** The coded picture, or the first tile of a grid: `av01`, `hvc1`, ... */
  readonly coded: HeifItem
  readonly alpha: HeifItem | null
}

const isAlpha = (item: HeifItem): boolean =>
  item.properties.some(
    ({ type, data }) => type === 'auxC' && /alpha|hevc:2015:auxid:1/.test(data.toString('latin1', 4)),
  )

/** Null where the primary item has no size, or none of what it is made of is a coded picture. */
export function describeImage({ primary, items, references }: HeifFile): HeifImage | null {
  const size = primary?.properties.find((box) => box.type === 'ispe')?.data
  if (!primary || !size || size.length < 12) return null
  const stored = { width: size.readUInt32BE(4), height: size.readUInt32BE(8) }
  let coded = primary
  for (let depth = 0; depth < 4 && ['grid', 'iden', 'iovl'].includes(coded.type); depth++) {
    const part = references.find(({ type, from }) => type === 'dimg' && from === coded.id)?.to[0]
    const next = items.get(part ?? -1)
    if (!next) return null
    coded = next
  }
  const alphas = references
    .filter(({ type, to }) => type === 'auxl' && to.includes(primary.id))
    .map(({ from }) => items.get(from))
  let { width, height } = stored
  for (const { type, data } of primary.properties) {
    if (type === 'clap') {
      const crop = readCrop(data)
      if (crop.width <= stored.width && crop.height <= stored.height) ({ width, height } = crop)
    }
    if (type === 'irot' && (data[0]! & 1) === 1) [width, height] = [height, width]
  }
  return {
    stored,
    width,
    height,
    ...readColour([...primary.properties, ...coded.properties]),
    coded,
    alpha: alphas.find((item) => item && isAlpha(item)) ?? null,
  }
}

/** The colours that `colr` boxes state. */
function readColour(properties: readonly Box[]): { nclx: Nclx | null; icc: Buffer | null } {
  const colours = properties.filter((box) => box.type === 'colr').map((box) => box.data)
  const nclx = colours.find((data) => data.toString('latin1', 0, 4) === 'nclx' && data.length >= 11)
  const icc = colours.find((data) => ['prof', 'rICC'].includes(data.toString('latin1', 0, 4)) && data.length > 132)
  return {
    nclx: nclx
      ? {
          primaries: nclx.readUInt16BE(4),
          transfer: nclx.readUInt16BE(6),
          matrix: nclx.readUInt16BE(8),
          fullRange: nclx[10]! >= 128,
        }
      : null,
    icc: icc ? Buffer.from(icc.subarray(4)) : null,
  }
}

/** The profile that colours are to be converted by; null: they are sRGB, or unknown. */
export function profileFor({ icc, nclx }: { icc: Buffer | null; nclx: Nclx | null }): Buffer | null {
  if (icc) return isSrgbProfile(icc) ? null : icc
  const chromaticities = nclx && primaries[nclx.primaries]
  const matrix = chromaticities ? matrixOf(chromaticities) : null
  const curve = (nclx && powers[nclx.transfer]) ?? 'srgb'
  return matrix && !(curve === 'srgb' && isSrgbMatrix(matrix)) ? makeProfile(matrix, curve) : null
}

/** `clap`: width and height as fractions, then the centre's distance from that of the whole. */
function readCrop(data: Buffer): { width: number; height: number } {
  const fraction = (i: number) => Math.round(data.readInt32BE(i * 8) / data.readInt32BE(i * 8 + 4))
  return { width: fraction(0), height: fraction(1) }
}

/** A still picture made of the first picture of a track, and of the track of its alpha. */
export function stillOf(
  picture: { track: HeifTrack; data: Buffer },
  alpha: { track: HeifTrack; data: Buffer } | null,
): Buffer {
  const all = alpha ? [picture, alpha] : [picture]
  const properties: Buffer[] = []
  /** What a reader must know to show the picture is marked as essential. */
  const add = (property: Buffer) =>
    properties.push(property) |
    (['av1C', 'hvcC', 'clap', 'irot', 'imir'].includes(property.toString('latin1', 4, 8)) ? 128 : 0)
  const uses = all.map(({ track }, i) => {
    const own = track.properties
      .filter(({ type }) => ['av1C', 'hvcC', 'colr', 'pasp', 'clap', 'irot', 'imir'].includes(type))
      .map(({ type, data }) => box(type, data))
    const size = Buffer.alloc(12)
    size.writeUInt32BE(track.width, 4)
    size.writeUInt32BE(track.height, 8)
    own.unshift(box('ispe', size))
    if (i === 1) own.push(box('auxC', Buffer.from('\0\0\0\0urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0', 'latin1')))
    return own.map(add)
  })
  const av1 = picture.track.codec === 'av01'
  const ftyp = box('ftyp', Buffer.from(av1 ? 'avif\0\0\0\0avifmif1' : 'heic\0\0\0\0heicmif1', 'latin1'))
  const entries = all.map(({ track }, i) => box('infe', bytes([2, 0, 0, i, 0, i + 1, 0, 0], track.codec, [0])))
  const associations = uses.map((own, i) => bytes([0, i + 1, own.length], own))
  const make = (start: number) => {
    let at = start
    const places = all.map(({ data }, i) => {
      const place = Buffer.from([0, i + 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
      place.writeUInt32BE(at, 6)
      place.writeUInt32BE(data.length, 10)
      at += data.length
      return place
    })
    return box(
      'meta',
      Buffer.concat([
        Buffer.alloc(4),
        box('hdlr', bytes([0, 0, 0, 0, 0, 0, 0, 0], 'pict', Array<number>(13).fill(0))),
        box('pitm', Buffer.from([0, 0, 0, 0, 0, 1])),
        box('iloc', Buffer.concat([Buffer.from([0, 0, 0, 0, 0x44, 0, 0, all.length]), ...places])),
        box('iinf', Buffer.concat([Buffer.from([0, 0, 0, 0, 0, all.length]), ...entries])),
        ...(alpha ? [box('iref', Buffer.concat([Buffer.alloc(4), box('auxl', Buffer.from([0, 2, 0, 1, 0, 1]))]))] : []),
        box(
          'iprp',
          Buffer.concat([
            box('ipco', Buffer.concat(properties)),
            box('ipma', Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 0, 0, all.length]), ...associations])),
          ]),
        ),
      ]),
    )
  }
  const start = ftyp.length + make(0).length + 8
  return Buffer.concat([ftyp, make(start), box('mdat', Buffer.concat(all.map(({ data }) => data)))])
}

const bytes = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))))

function box(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(data.length + 8)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, data])
}
