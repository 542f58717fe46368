/** Red, green and blue, as columns of a matrix from linear R G B to XYZ under D50, the white of ICC profiles. */
export type Matrix = readonly [readonly number[], readonly number[], readonly number[]]

/** From a stored value to light, both 0 to 1. */
export type Curve = (stored: number) => number

/** x and y of red, green, blue and white. */
export type Chromaticities = readonly [number, number, number, number, number, number, number, number]

const D65 = [0.3127, 0.329] as const
/** Primaries by their number in H.273, which nclx boxes and cICP chunks use; those that pictures have. */
export const primaries: Readonly<Record<number, Chromaticities>> = {
  1: [0.64, 0.33, 0.3, 0.6, 0.15, 0.06, ...D65],
  4: [0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.31, 0.316],
  5: [0.64, 0.33, 0.29, 0.6, 0.15, 0.06, ...D65],
  6: [0.63, 0.34, 0.31, 0.595, 0.155, 0.07, ...D65],
  7: [0.63, 0.34, 0.31, 0.595, 0.155, 0.07, ...D65],
  9: [0.708, 0.292, 0.17, 0.797, 0.131, 0.046, ...D65],
  11: [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.314, 0.351],
  12: [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, ...D65],
}

/** Exponents of the transfers of H.273 that are powers; those of video (1, 6, 14, 15) and sRGB (13) are shown as sRGB. */
export const powers: Readonly<Record<number, number>> = { 4: 2.2, 5: 2.8, 8: 1, 17: 2.6 }

/** sRGB's own curve. */
export const srgbCurve: Curve = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
export const srgbInverse: Curve = (v) => (v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055)

/** sRGB's columns as its profiles hold them. */
const SRGB: Matrix = [
  [0.4361, 0.2225, 0.0139],
  [0.3851, 0.7169, 0.0971],
  [0.1431, 0.0606, 0.7141],
]

/** The largest difference of a column that leaves 8-bit values as they are, and of a stored value: three levels. */
const NEAR_COLUMN = 0.01
const NEAR_VALUE = 3 / 255

export const isSrgbMatrix = (matrix: Matrix): boolean =>
  matrix.every((column, c) => column.every((value, i) => Math.abs(value - SRGB[c]![i]!) <= NEAR_COLUMN))

function isSrgbCurve(curve: Curve): boolean {
  for (let i = 0; i <= 32; i++)
    if (Math.abs(srgbInverse(Math.min(1, Math.max(0, curve(i / 32)))) - i / 32) > NEAR_VALUE) return false
  return true
}

/** The matrix of primaries and a white point, adapted to D50 as Bradford does. Null where they span nothing. */
export function matrixOf([rx, ry, gx, gy, bx, by, wx, wy]: Chromaticities): Matrix | null {
  const xyz = (x: number, y: number): number[] => [x / y, 1, (1 - x - y) / y]
  if ([ry, gy, by, wy].some((y) => !(y > 0))) return null
  const columns = [xyz(rx, ry), xyz(gx, gy), xyz(bx, by)]
  const white = xyz(wx, wy)
  const inverse = inverted(columns)
  if (!inverse) return null
  const scale = times(inverse, white)
  const adapt = adaptation(white)
  return columns.map((column, i) =>
    times(
      adapt,
      column.map((value) => value * scale[i]!),
    ),
  ) as unknown as Matrix
}

const D50 = [0.9642, 1, 0.8249]
const BRADFORD = [
  [0.8951, -0.7502, 0.0389],
  [0.2664, 1.7135, -0.0685],
  [-0.1614, 0.0367, 1.0296],
]

function adaptation(white: number[]): number[][] {
  const from = times(BRADFORD, white)
  const to = times(BRADFORD, D50)
  const back = inverted(BRADFORD)!
  return [0, 1, 2].map((i) =>
    times(
      back,
      times(BRADFORD, unit(i)).map((value, c) => (value * to[c]!) / from[c]!),
    ),
  )
}

const unit = (i: number): number[] => [0, 1, 2].map((c) => (c === i ? 1 : 0))

/** A matrix, by columns, times a vector. */
const times = (columns: readonly (readonly number[])[], vector: readonly number[]): number[] =>
  [0, 1, 2].map((row) => columns.reduce((sum, column, c) => sum + column[row]! * vector[c]!, 0))

/** By columns; null when it has none. */
function inverted([a, b, c]: readonly (readonly number[])[]): number[][] | null {
  const cross = (u: readonly number[], v: readonly number[]) => [
    u[1]! * v[2]! - u[2]! * v[1]!,
    u[2]! * v[0]! - u[0]! * v[2]!,
    u[0]! * v[1]! - u[1]! * v[0]!,
  ]
  const rows = [cross(b!, c!), cross(c!, a!), cross(a!, b!)]
  const determinant = a!.reduce((sum, value, i) => sum + value * rows[0]![i]!, 0)
  if (Math.abs(determinant) < 1e-9) return null
  return [0, 1, 2].map((column) => rows.map((row) => row[column]! / determinant))
}

/** What an ICC profile says in the plain form that screens and cameras use: a curve each and a matrix, or one curve of grey. */
export type PlainProfile =
  | { readonly space: 'rgb'; readonly matrix: Matrix; readonly curves: readonly Curve[] }
  | { readonly space: 'grey'; readonly curve: Curve }

/** Reads a profile (ICC.1:2022); null: it is of another form (tables, CMYK, Lab) or broken. Never throws. */
export function readProfile(icc: Buffer): PlainProfile | null {
  try {
    const tags = new Map<string, Buffer>()
    for (let i = 0, count = Math.min(icc.readUInt32BE(128), 256); i < count; i++) {
      const at = 132 + i * 12
      const start = icc.readUInt32BE(at + 4)
      tags.set(icc.toString('latin1', at, at + 4), icc.subarray(start, start + icc.readUInt32BE(at + 8)))
    }
    const space = icc.toString('latin1', 16, 20)
    if (tags.has('A2B0')) return null
    if (space === 'GRAY') return { space: 'grey', curve: readCurve(tags.get('kTRC')!) }
    if (space !== 'RGB ') return null
    const column = (name: string) => [8, 12, 16].map((at) => tags.get(name)!.readInt32BE(at) / 65536)
    const matrix = [column('rXYZ'), column('gXYZ'), column('bXYZ')] as unknown as Matrix
    return { space: 'rgb', matrix, curves: ['rTRC', 'gTRC', 'bTRC'].map((name) => readCurve(tags.get(name)!)) }
  } catch {
    return null
  }
}

/** Whether colours by this profile are sRGB's within three levels: such pictures keep their exact values. */
export function isSrgbProfile(icc: Buffer): boolean {
  const profile = readProfile(icc)
  if (profile?.space === 'grey') return isSrgbCurve(profile.curve)
  return profile !== null && isSrgbMatrix(profile.matrix) && profile.curves.every(isSrgbCurve)
}

/** Throws where it is none. */
function readCurve(tag: Buffer): Curve {
  const type = tag.toString('latin1', 0, 4)
  if (type === 'curv') {
    const count = tag.readUInt32BE(8)
    if (count === 0) return (v) => v
    if (count === 1) return power(tag.readUInt16BE(12) / 256)
    const values = Array.from({ length: count }, (_, i) => tag.readUInt16BE(12 + i * 2) / 65535)
    return (v) => {
      const at = v * (count - 1)
      const below = Math.min(count - 2, Math.floor(at))
      return values[below]! + (values[below + 1]! - values[below]!) * (at - below)
    }
  }
  if (type !== 'para') throw new TypeError('no curve')
  const kind = tag.readUInt16BE(8)
  const length = [1, 3, 4, 5, 7][kind]!
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = Array.from(
    { length },
    (_, i) => tag.readInt32BE(12 + i * 4) / 65536,
  )
  if (kind === 0) return power(g)
  if (kind === 1) return (v) => (v >= -b / a ? (a * v + b) ** g : 0)
  if (kind === 2) return (v) => (v >= -b / a ? (a * v + b) ** g + c : c)
  return (v) => (v >= d ? (a * v + b) ** g + e : c * v + f)
}

const power =
  (exponent: number): Curve =>
  (v) =>
    v ** exponent

/** sRGB's curve as a `para` tag of kind 3. */
const SRGB_CURVE = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045]

/**
 * A profile of a matrix, or of grey with `matrix` null, and one curve. For pictures that tell their
 * colours without a profile.
 */
export function makeProfile(matrix: Matrix | null, curve: number | 'srgb'): Buffer {
  const fixed = (values: readonly number[]) => {
    const out = Buffer.alloc(values.length * 4)
    values.forEach((value, i) => out.writeInt32BE(Math.round(value * 65536), i * 4))
    return out
  }
  const parameters = curve === 'srgb' ? SRGB_CURVE : [curve]
  const para = Buffer.concat([Buffer.from('para\0\0\0\0\0\0\0\0', 'latin1'), fixed(parameters)])
  para.writeUInt16BE(curve === 'srgb' ? 3 : 0, 8)
  const xyz = (column: readonly number[]) => Buffer.concat([Buffer.from('XYZ \0\0\0\0', 'latin1'), fixed(column)])
  const text = Buffer.concat([Buffer.from('mluc\0\0\0\0\0\0\0\x01\0\0\0\x0cenUS\0\0\0\x02\0\0\0\x1c\0x\0\0', 'latin1')])
  const tags: [string, Buffer][] = [
    ['desc', text],
    ['cprt', text],
    ['wtpt', xyz([0.9642, 1, 0.8249])],
  ]
  if (matrix)
    (['rXYZ', 'gXYZ', 'bXYZ'] as const).forEach((name, i) =>
      tags.push([name, xyz(matrix[i]!)], [`${name[0]!}TRC`, para]),
    )
  else tags.push(['kTRC', para])
  const table = Buffer.alloc(4 + tags.length * 12)
  table.writeUInt32BE(tags.length)
  let at = 128 + table.length
  tags.forEach(([name, data], i) => {
    table.write(name, 4 + i * 12, 'latin1')
    table.writeUInt32BE(at, 8 + i * 12)
    table.writeUInt32BE(data.length, 12 + i * 12)
    at += data.length
  })
  const header = Buffer.alloc(128)
  header.writeUInt32BE(at)
  header.writeUInt32BE(0x04300000, 8)
  header.write(`mntr${matrix ? 'RGB ' : 'GRAY'}XYZ `, 12, 'latin1')
  header.write('acsp', 36, 'latin1')
  fixed([0.9642, 1, 0.8249]).copy(header, 68)
  return Buffer.concat([header, table, ...tags.map(([, data]) => data)])
}
