import type { Block } from './blocks.ts'
import { Photometric } from './layout.ts'
import type { Layout } from './layout.ts'

/** Which sample values are black and white. */
export interface Range {
  readonly least: number
  readonly most: number
}

/** What a page says of its colours. */
export interface ColourFacts {
  /** Of a palette: all reds, all greens, all blues. */
  readonly map: readonly number[]
  /**
   * Of YCbCr: the shares of red, green and blue in Y (BT.601 where nothing is said, BT.709 and others where they are).
   */
  readonly coefficients: readonly number[]
  /** Of YCbCr: the codes of black and white of each channel. */
  readonly referenceBlackWhite: readonly number[]
  /** CMYK stays so, for a profile that converts it. */
  readonly keepCmyk: boolean
}

/** Where pixels are written: interleaved, 8 or 16 bits. */
export interface Target {
  readonly width: number
  readonly data: Uint8Array | Uint16Array
  readonly channels: number
}

/**
 * Whether black and white are found by looking at all values. Whole numbers of up to 8 bits, and colours of 16, go from
 * 0 to the greatest number there is.
 */
export function needsRange({ bits, format, colours, photometric }: Layout): boolean {
  if (photometric === Photometric.palette) return false
  if (format === 'float') return true
  if (format === 'signed') return bits > 8
  return bits > 8 && (bits !== 16 || colours === 1)
}

/**
 * The values that are shown as black and white. Floating point numbers from 0 to 1 are shares of white, and such as
 * fill 0 to 255 are 8-bit values; whole numbers without a sign go from 0 to the greatest of their kind, as the format
 * says. Where that shows nothing (numbers beyond 0 and 1; signed ones; such as use less than a sixteenth, as
 * microscopes and scanners of 12 bits write 16-bit greys) the least value is black and the greatest white, as in
 * ImageJ. All channels are treated alike. null: all of the kind's own range.
 */
export function rangeOf(layout: Layout, seen: Range): Range | null {
  const { format, bits } = layout
  if (format === 'float') {
    if (seen.least >= 0 && seen.most <= 1) return null
    return seen.least >= 0 && seen.most > 127 && seen.most <= 255 ? { least: 0, most: 255 } : seen
  }
  return format === 'signed' || seen.most < 2 ** (bits - 4) ? seen : null
}

/** The least and the greatest value of the colours of `block` and `seen`; numbers that are none do not count. */
export function widened(seen: Range, { values }: Block, { samples, colours }: Layout): Range {
  let { least, most } = seen
  for (let i = 0; i < values.length; i += samples) {
    for (let c = 0; c < colours; c++) {
      const value = values[i + c]!
      if (value < least && value !== -Infinity) least = value
      if (value > most && value !== Infinity) most = value
    }
  }
  return { least, most }
}

/** Channels of what `writeBlock` writes: grey, RGB or CMYK, and alpha. */
export function targetChannels({ photometric, alpha }: Layout, { keepCmyk }: ColourFacts): number {
  const grey = photometric === Photometric.minIsBlack || photometric === Photometric.minIsWhite
  return (grey ? 1 : photometric === Photometric.cmyk && keepCmyk ? 4 : 3) + (alpha ? 1 : 0)
}

/** Writes pixels of a page in its colours to where they belong. */
export function blockWriter(
  layout: Layout,
  facts: ColourFacts,
  range: Range | null,
): (block: Block, target: Target) => void {
  const { samples, alpha } = layout
  const copies = ([Photometric.minIsBlack, Photometric.minIsWhite, Photometric.rgb] as number[]).includes(
    layout.photometric,
  )
  if (copies && !alpha) return levelWriter(layout, range)
  return ({ x, y, columns, rows, values }, { width, data, channels }) => {
    const deep = data instanceof Uint16Array
    const scale = deep ? 65_535 : 255
    const toColour = converter(layout, facts, levelOf(layout, range, deep))
    const opacity = levelOf(layout, null, deep)
    const colour = new Float64Array(4)
    const written = channels - (alpha ? 1 : 0)
    let from = 0
    for (let row = 0; row < rows; row++) {
      let to = ((y + row) * width + x) * channels
      for (let column = 0; column < columns; column++, from += samples) {
        toColour(values, from, colour)
        for (let c = 0; c < written; c++) data[to++] = Math.min(scale, Math.max(0, colour[c]! * scale + 0.5))
        if (alpha) data[to++] = Math.min(scale, Math.max(0, opacity(values[from + alpha.channel]!) * scale + 0.5))
      }
    }
  }
}

/** As `blockWriter` for what needs no more than its levels: such pictures are large. */
function levelWriter(layout: Layout, range: Range | null): (block: Block, target: Target) => void {
  const { samples, colours, bits, format, photometric } = layout
  const turned = photometric === Photometric.minIsWhite
  const toStored = (deep: boolean): ((value: number) => number) => {
    const level = levelOf(layout, range, deep)
    const scale = deep ? 65_535 : 255
    return (value) => {
      const share = level(value)
      const shown = (turned ? 1 - share : share) * scale
      return shown > 0 ? Math.min(scale, shown + 0.5) : 0
    }
  }
  let table: Float64Array | null = null
  return ({ x, y, columns, rows, values }, { width, data }) => {
    const stored = toStored(data instanceof Uint16Array)
    if (format === 'unsigned' && bits <= 16)
      table ??= Float64Array.from({ length: 2 ** bits }, (_, value) => stored(value))
    let from = 0
    for (let row = 0; row < rows; row++) {
      let to = ((y + row) * width + x) * colours
      for (let column = 0; column < columns; column++, from += samples) {
        for (let c = 0; c < colours; c++) data[to++] = table ? table[values[from + c]!]! : stored(values[from + c]!)
      }
    }
  }
}

type ToColour = (values: Block['values'], at: number, out: Float64Array) => void

/** A sample as a share of white; `deep`: for 16 bits. */
function levelOf({ bits, format }: Layout, range: Range | null, deep: boolean): (value: number) => number {
  if (range) {
    const span = range.most - range.least || 1
    return (value) => (Number.isNaN(value) ? 0 : (value - range.least) / span)
  }
  if (format === 'float') return (value) => (Number.isNaN(value) ? 0 : value)
  const most = 2 ** bits - 1
  if (bits <= 8 || deep) return (value) => value / most
  // of more than 8 bits the high byte is kept, as of every other kind of picture
  const step = 2 ** (bits - 8)
  return (value) => Math.floor(value / step) / 255
}

function converter(
  { photometric, bits }: Layout,
  { map, coefficients, referenceBlackWhite, keepCmyk }: ColourFacts,
  level: (value: number) => number,
): ToColour {
  switch (photometric) {
    case Photometric.minIsWhite:
      return (values, at, out) => void (out[0] = 1 - level(values[at]!))
    case Photometric.minIsBlack:
      return (values, at, out) => void (out[0] = level(values[at]!))
    case Photometric.palette:
      return palette(map, bits)
    case Photometric.cmyk:
      return keepCmyk ? copied(4, level) : cmyk(level)
    case Photometric.yCbCr:
      return yCbCr(coefficients, referenceBlackWhite, 2 ** (bits - 8))
    case Photometric.cieLab:
    case Photometric.iccLab:
      return lab(photometric === Photometric.iccLab, bits)
    default:
      return copied(3, level)
  }
}

const copied =
  (count: number, level: (value: number) => number): ToColour =>
  (values, at, out) => {
    for (let c = 0; c < count; c++) out[c] = level(values[at + c]!)
  }

/** Colours are 16 bits; some writers put 8 there, which shows by none being larger. */
function palette(map: readonly number[], bits: number): ToColour {
  const size = 2 ** bits
  const most = map.every((value) => value < 256) ? 255 : 65_535
  return (values, at, out) => {
    const index = values[at]!
    for (let c = 0; c < 3; c++) out[c] = (map[c * size + index] ?? 0) / most
  }
}

/** Without a profile ink takes away light, as Pillow and browsers have it. */
const cmyk =
  (level: (value: number) => number): ToColour =>
  (values, at, out) => {
    const light = 1 - level(values[at + 3]!)
    for (let c = 0; c < 3; c++) out[c] = (1 - level(values[at + c]!)) * light
  }

/** TIFF 6.0, section 21. `unit`: how many values one step of 8 bits has. */
function yCbCr(coefficients: readonly number[], reference: readonly number[], unit: number): ToColour {
  const [red = 0.299, green = 0.587, blue = 0.114] = coefficients.length === 3 ? coefficients : []
  const top = 256 * unit - 1
  const whole = [0, top, 128 * unit, top, 128 * unit, top]
  const codes = reference.length === 6 && [0, 2, 4].every((n) => reference[n + 1]! > reference[n]!) ? reference : whole
  const luma = (value: number) => (value - codes[0]!) / (codes[1]! - codes[0]!)
  const chroma = (value: number, n: number) => ((value - codes[n]!) / (codes[n + 1]! - codes[n]!)) * (127 / 255)
  return (values, at, out) => {
    const y = luma(values[at]!)
    out[0] = y + chroma(values[at + 2]!, 4) * (2 - 2 * red)
    out[2] = y + chroma(values[at + 1]!, 2) * (2 - 2 * blue)
    out[1] = (y - blue * out[2] - red * out[0]) / green
  }
}

/** CIE L*a*b* for D50 as sRGB; a and b are signed numbers, or, as in ICC profiles, begin at -128. */
function lab(icc: boolean, bits: number): ToColour {
  const unit = 2 ** (bits - 8)
  const lightest = icc && bits === 16 ? 0xff00 : 2 ** bits - 1
  const half = 2 ** (bits - 1)
  const axis = (value: number) => (icc ? value - half : value >= half ? value - 2 * half : value) / unit
  const light = (t: number) => (t > 6 / 29 ? t ** 3 : (t - 4 / 29) * 3 * (6 / 29) ** 2)
  return (values, at, out) => {
    const fy = ((values[at]! / lightest) * 100 + 16) / 116
    const x = 0.96422 * light(fy + axis(values[at + 1]!) / 500)
    const y = light(fy)
    const z = 0.82521 * light(fy - axis(values[at + 2]!) / 200)
    // XYZ of D50 to linear sRGB, the white adapted by Bradford's method
    out[0] = encoded(3.1338561 * x - 1.6168667 * y - 0.4906146 * z)
    out[1] = encoded(-0.9787684 * x + 1.9161415 * y + 0.033454 * z)
    out[2] = encoded(0.0719453 * x - 0.2289914 * y + 1.4052427 * z)
  }
}

/** The curve of sRGB. */
const encoded = (linear: number): number => (linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055)
