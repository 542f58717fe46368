/** Hues that stay apart from one another; the lightness makes them read on dark and light pictures alike. */
const HUES = [25, 255, 145, 85, 310, 195, 350, 120]

/** The colour of the mark at `index`; the same wherever it is named. */
export const markColour = (index: number): string => `oklch(0.72 0.19 ${HUES[index % HUES.length]})`

/** A rectangle in pixels of the shown picture. */
export interface Area {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Height of a label in px, and the width that its letters take: about 6.2 px each, twice that for CJK. */
export const LABEL_HEIGHT = 18
const LETTER = 6.2
const PADDING = 14
const MOST_WIDTH = 160
/** CJK, kana and hangul take a whole em. */
const WIDE = /[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60]/

/** Width in px that a label needs, at most 160. */
export function labelWidth(text: string): number {
  const letters = [...text].reduce((sum, letter) => sum + (WIDE.test(letter) ? 2 : 1), 0)
  return Math.min(MOST_WIDTH, Math.ceil(letters * LETTER + PADDING))
}

/**
 * Where each label goes: at a corner of its own area, inside the picture, and over no other label where there is room.
 * An empty label takes no place (null).
 */
export function placeLabels(
  areas: readonly Area[],
  labels: readonly string[],
  frame: { width: number; height: number },
): ({ x: number; y: number } | null)[] {
  const taken: Area[] = []
  return areas.map((area, i) => {
    const text = labels[i] ?? ''
    if (text === '') return null
    const size = { width: Math.min(labelWidth(text), frame.width), height: LABEL_HEIGHT }
    const spots = corners(area, size).map(({ x, y }) => ({
      x: Math.max(0, Math.min(x, frame.width - size.width)),
      y: Math.max(0, Math.min(y, frame.height - size.height)),
    }))
    const spot = spots.find((at) => taken.every((other) => !overlap({ ...at, ...size }, other))) ?? spots[0]!
    taken.push({ ...spot, ...size })
    return spot
  })
}

/** Above the area, below it, then inside it; left before right. */
function corners({ x, y, width, height }: Area, label: { width: number; height: number }): { x: number; y: number }[] {
  const [left, right] = [x, x + width - label.width]
  return [y - label.height, y + height, y, y + height - label.height].flatMap((top) => [
    { x: left, y: top },
    { x: right, y: top },
  ])
}

function overlap(a: Area, b: Area): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}
