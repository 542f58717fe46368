import { isSrgbCurve, isSrgbMatrix } from './colour.ts'
import type { Curve, Matrix } from './colour.ts'

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
