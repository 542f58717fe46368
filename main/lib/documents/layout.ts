import type { PageBox } from './tree.ts'

/** A region of a page as MinerU2.5's first pass tells it. */
export interface Region {
  /** As its layout names it: text, title, table, equation and so on. */
  readonly type: string
  readonly box: PageBox
  /** By how many degrees it has to be turned, against the clock, to be read. */
  readonly turn: 0 | 90 | 180 | 270
  /** The line as the model wrote it. */
  readonly line: string
}

const LINE =
  /<\|box_start\|>\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)[\s,]+(\d+)\s*<\|box_end\|>\s*<\|ref_start\|>\s*(\w+?)\s*<\|ref_end\|>(?:<\|rotate_(up|right|down|left)\|>)?/g

/** Degrees against the clock for each of the model's four tokens (mineru-vl-utils, `ANGLE_MAPPING`). */
const TURNS = { up: 0, right: 90, down: 180, left: 270 } as const

/** Regions that hold others, which stand in the layout themselves, and pictures, which are no text: none is read. */
const UNREAD: readonly string[] = ['image', 'list', 'equation_block']

/** A region with where its line stands in the text. */
export interface PlacedRegion extends Region {
  readonly start: number
  /** Where its content begins, behind the line. */
  readonly end: number
}

/**
 * The regions of a layout, in reading order: boxes count 0 to 1000. One whose box is none, or empty, is left out, as the
 * reference leaves it out.
 */
export function readLayout(text: string): PlacedRegion[] {
  return [...text.matchAll(LINE)].flatMap((match): PlacedRegion[] => {
    const [x1, y1, x2, y2] = match.slice(1, 5).map(Number) as [number, number, number, number]
    if (Math.max(x1, y1, x2, y2) > 1000 || x1 === x2 || y1 === y2) return []
    const share = (value: number) => value / 1000
    const box = {
      x1: share(Math.min(x1, x2)),
      y1: share(Math.min(y1, y2)),
      x2: share(Math.max(x1, x2)),
      y2: share(Math.max(y1, y2)),
    }
    const turn = TURNS[(match[6] ?? 'up') as keyof typeof TURNS]
    const line = match[0]
    return [{ type: match[5]!.toLowerCase(), box, turn, line, start: match.index, end: match.index + line.length }]
  })
}

/** Whether the second pass reads a region. */
export const isRead = ({ type }: Region): boolean => !UNREAD.includes(type)

/** A region with what the second pass read in it, as the answer keeps it. Marks of a layout in the content go, so that it stays one. */
export function writeRegion({ line }: Pick<Region, 'line'>, content: string): string {
  const clean = content.replace(/<\|(?:box|ref)_(?:start|end)\|>|<\|rotate_\w+\|>|\f/g, '').trim()
  return clean === '' ? `${line}\n` : `${line}\n${clean}\n`
}
