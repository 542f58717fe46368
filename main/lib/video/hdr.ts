/** How the colours of a video, or of a picture, are to be turned into those that pictures have. */
export interface WideColours {
  readonly transfer: 'pq' | 'hlg' | 'sdr'
  readonly primaries: 'bt2020' | 'p3' | 'bt709'
  readonly isHdr: boolean
}

const transfers: Readonly<Record<string, WideColours['transfer']>> = { smpte2084: 'pq', 'arib-std-b67': 'hlg' }
const wide: Readonly<Record<string, WideColours['primaries']>> = { bt2020: 'bt2020', smpte432: 'p3' }

/** What ffprobe's names of a video's colours come to; null: they are those of ordinary video. */
export function wideColours(transfer: string | null, primaries: string | null): WideColours | null {
  const hdr = transfers[transfer ?? '']
  const found = wide[primaries ?? '']
  if (!hdr && !found) return null
  return { transfer: hdr ?? 'sdr', primaries: found ?? 'bt2020', isHdr: hdr !== undefined }
}

/** The luminance of white in an HDR picture and of its brightest light, in cd/m2 (ITU-R BT.2408), and how far the one is below the other. */
const WHITE = 203
const PEAK = 1000
const HEADROOM = PEAK / WHITE
/** How bright white comes out on a screen that shows nothing brighter: as Chromium 156 does it, measured. */
const SHOWN_WHITE = 0.507
/** Of the curve between white and the brightest light: how far its middle point lies from the first to where they meet (SMPTE ST 2094-50, reference white tone mapping). */
const BEND = 0.65

/** From linear BT.2020 and Display P3 to linear BT.709 (ITU-R BT.2087; Display P3 by its chromaticities and D65). */
const matrices = {
  bt2020: [1.660491, -0.587641, -0.07285, -0.12455, 1.1329, -0.008349, -0.018151, -0.100579, 1.11873],
  p3: [1.22494, -0.22494, 0, -0.042057, 1.042057, 0, -0.019638, -0.078636, 1.098274],
  bt709: [1, 0, 0, 0, 1, 0, 0, 0, 1],
} as const

/** ITU-R BT.2100: how much light a PQ value means, white being 1. */
function pq(value: number): number {
  const root = value ** (1 / (2523 / 32))
  return (
    (10_000 / WHITE) * (Math.max(root - 3424 / 4096, 0) / (2413 / 128 - (2392 / 128) * root)) ** (1 / (2610 / 16_384))
  )
}

/** ITU-R BT.2100: the light in the scene that an HLG value means, 0 to 1. */
const hlg = (value: number): number =>
  value <= 0.5 ? value ** 2 / 3 : (Math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12

const fromSrgb = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
const toSrgbValue = (light: number): number => (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055)

const LEVELS = 65_536
const table = (value: (share: number) => number): Float32Array =>
  Float32Array.from({ length: LEVELS }, (_, n) => value(n / (LEVELS - 1)))
const linear: Partial<Record<WideColours['transfer'], Float32Array>> = {}
const functions = { pq, hlg, sdr: fromSrgb } as const
let encoded: Uint8Array | null = null

/**
 * Pixels with wide colours (16 bits, big end first, red green blue) as sRGB of 8 bits. Brighter light than an
 * ordinary screen shows is brought down by one curve for the brightest of the three, so that hues stay.
 */
export function toSrgb(pixels: Uint8Array, { transfer, primaries }: WideColours): Uint8Array {
  const light = (linear[transfer] ??= table(functions[transfer]))
  encoded ??= Uint8Array.from({ length: LEVELS }, (_, n) => Math.round(255 * toSrgbValue(n / (LEVELS - 1))))
  const [rr, rg, rb, gr, gg, gb, br, bg, bb] = matrices[primaries]
  const out = new Uint8Array(pixels.length / 2)
  const clip = (value: number): number =>
    encoded![value <= 0 ? 0 : value >= 1 ? LEVELS - 1 : Math.round(value * (LEVELS - 1))]!
  for (let at = 0; at < out.length; at += 3) {
    let r = light[(pixels[2 * at]! << 8) | pixels[2 * at + 1]!]!
    let g = light[(pixels[2 * at + 2]! << 8) | pixels[2 * at + 3]!]!
    let b = light[(pixels[2 * at + 4]! << 8) | pixels[2 * at + 5]!]!
    if (transfer !== 'sdr') {
      let scale = transfer === 'hlg' ? HEADROOM * (0.2627 * r + 0.678 * g + 0.0593 * b) ** 0.2 : 1
      const most = scale * Math.max(r, g, b)
      if (most > 0) scale *= shownLight(most) / most
      r *= scale
      g *= scale
      b *= scale
    }
    out[at] = clip(rr * r + rg * g + rb * b)
    out[at + 1] = clip(gr * r + gg * g + gb * b)
    out[at + 2] = clip(br * r + bg * g + bb * b)
  }
  return out
}

/** What of light (white being 1) a screen shows that has nothing brighter than 1: straight up to white, then a parabola to the peak. */
function shownLight(light: number): number {
  if (light <= 1) return light * SHOWN_WHITE
  if (light >= HEADROOM) return 1
  const middle = 1 - BEND + BEND / SHOWN_WHITE
  const [a, b, c] = [1 - 2 * middle + HEADROOM, 2 * (middle - 1), 1 - light]
  const t = (-b + Math.sqrt(b * b - 4 * a * c)) / (2 * a)
  const high = (1 - BEND) * SHOWN_WHITE + BEND
  return (1 - t) ** 2 * SHOWN_WHITE + 2 * t * (1 - t) * high + t * t
}
