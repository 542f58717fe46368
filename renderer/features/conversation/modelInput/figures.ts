import type { Encoded, InputSlice, ModelInput } from '#contract'
import { clock, count, duration, tokens } from '../../../lib/format.ts'

const span = ([from, to]: readonly [number, number]): string => (from === to ? `${from}` : `${from}–${to}`)
const sides = ({ width, height }: { width: number; height: number }): string => `${count(width)} × ${count(height)} px`
const UNKNOWN = 'Not kept with this answer'

/** Where the vectors came from, and how long computing them took. */
function encodedText(encoded: Encoded | null): string {
  if (!encoded) return UNKNOWN
  const took = encoded.ms === null ? null : duration(encoded.ms)
  if (encoded.from === 'computed') return `Computed in ${took}`
  const where = encoded.from === 'memory' ? 'From memory' : 'From the disk'
  return took === null ? where : `${where}; computed before in ${took}`
}

/** Where the vectors of all pairs came from, where there are several. */
function allEncoded(slices: readonly InputSlice[]): string | null {
  const known = slices.flatMap(({ encoded }) => encoded ?? [])
  if (known.length < 2) return null
  const of = (from: Encoded['from']) => known.filter((one) => one.from === from)
  const computed = of('computed')
  const ms = computed.reduce((sum, one) => sum + (one.ms ?? 0), 0)
  return [
    computed.length > 0 ? `${computed.length} computed in ${duration(ms)}` : null,
    of('memory').length > 0 ? `${of('memory').length} from memory` : null,
    of('disk').length > 0 ? `${of('disk').length} from the disk` : null,
  ]
    .filter((text) => text !== null)
    .join(', ')
}

/** What is told of an input, by its names; `slice`: which of its slices is shown. */
export function figuresOf(input: ModelInput, slice: number): readonly (readonly [string, string])[] {
  const { grid, windows, slices, page, family, patch, token, video } = input
  const { positions, encoded, frames } = slices[slice]!
  const isVideo = input.kind === 'video'
  const time = (place: number): string => clock((input.frames[place]!.ms ?? 0) - (video?.startMs ?? 0), true)
  const of = isVideo ? `${grid.times} × ${grid.rows} × ${grid.columns}` : `${grid.rows} × ${grid.columns}`
  const whole = isVideo ? allEncoded(slices) : null
  const rows: (readonly [string, string] | null)[] = [
    ['Family', family.label],
    page === null ? null : ['Page', `${page}, drawn within its crop box`],
    ['Original', sides(input.original)],
    ['Model input', sides(input.input)],
    ['Patches', `${patch} × ${patch} px`],
    ['Grid (t × h × w)', `${grid.times} × ${grid.rows * 2} × ${grid.columns * 2} patches`],
    ['Tokens', `${tokens(input.tokens)}: ${of}, each ${token} × ${token} px`],
    [
      'Windows',
      windows
        ? `${count(windows.rows * windows.columns)} of ${windows.side} × ${windows.side} tokens`
        : 'None, each block sees all of it',
    ],
    isVideo ? ['Pair', `${slice + 1} of ${slices.length}, ${[...new Set(frames)].map(time).join(' and ')}`] : null,
    ['Positions', positions ? `t ${span(positions.t)}, h ${span(positions.h)}, w ${span(positions.w)}` : UNKNOWN],
    ['Encoding', encodedText(encoded)],
    whole === null ? null : ['All pairs', whole],
  ]
  return rows.filter((row) => row !== null)
}
