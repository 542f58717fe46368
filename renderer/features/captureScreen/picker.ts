import type { Region, Size } from '#contract'
import { between, moved, resized, wholeOf, type Handle, type Point } from './geometry.ts'

/**
 * Choosing a region of a picture. `pointer`: the pixel under the pointer, what the magnifier shows. `drag`: what a
 * pressed pointer does from `from`: draws a new region, or moves or sizes `was`.
 */
export interface Picking {
  readonly picture: Size
  /** Where other programs' windows are, the frontmost first: a click takes the one it is on. */
  readonly windows: readonly Region[]
  readonly pointer: Point | null
  readonly region: Region | null
  readonly drag:
    | { readonly kind: 'draw'; readonly from: Point }
    | { readonly kind: 'move'; readonly from: Point; readonly was: Region }
    | { readonly kind: 'size'; readonly from: Point; readonly was: Region; readonly handle: Handle }
    | null
}

export type PickEvent =
  | { readonly type: 'press'; readonly at: Point; readonly on: 'picture' | 'region' | Handle }
  | { readonly type: 'point'; readonly at: Point }
  | { readonly type: 'release' }
  | { readonly type: 'leave' }
  /** The keyboard moves the region, or sizes it at its right and bottom edges. */
  | { readonly type: 'nudge'; readonly by: Point; readonly sizing: boolean }
  | { readonly type: 'set'; readonly region: Region }
  | { readonly type: 'windows'; readonly windows: readonly Region[] }

/** Nothing is chosen yet. */
export const nothingPicked = (picture: Size): Picking => ({
  picture,
  windows: [],
  pointer: null,
  region: null,
  drag: null,
})

/** A press that drew less than this many pixels is a click. */
const LEAST_DRAWN = 3

function press(state: Picking, at: Point, on: 'picture' | 'region' | Handle): Picking {
  const { region } = state
  if (on === 'picture' || !region) return { ...state, pointer: at, region: null, drag: { kind: 'draw', from: at } }
  if (on === 'region') return { ...state, pointer: at, drag: { kind: 'move', from: at, was: region } }
  return { ...state, pointer: at, drag: { kind: 'size', from: at, was: region, handle: on } }
}

function dragged({ drag, region, picture }: Picking, at: Point): Region | null {
  if (!drag) return region
  if (drag.kind === 'draw') return between(drag.from, at)
  const by = { x: at.x - drag.from.x, y: at.y - drag.from.y }
  return drag.kind === 'move' ? moved(drag.was, by, picture) : resized(drag.was, drag.handle, by, picture)
}

/** Half of the picture in its middle: where the keyboard begins. */
function middle({ width, height }: Size): Region {
  const size = { width: Math.max(1, Math.round(width / 2)), height: Math.max(1, Math.round(height / 2)) }
  return { ...size, x: Math.floor((width - size.width) / 2), y: Math.floor((height - size.height) / 2) }
}

/** The state after an event. */
export function pick(state: Picking, event: PickEvent): Picking {
  switch (event.type) {
    case 'press':
      return press(state, event.at, event.on)
    case 'point':
      return { ...state, pointer: event.at, region: dragged(state, event.at) }
    case 'release': {
      const { drag, region } = state
      const isClick = drag?.kind === 'draw' && (!region || (region.width < LEAST_DRAWN && region.height < LEAST_DRAWN))
      return { ...state, region: isClick ? windowAt(state, drag.from) : region, drag: null }
    }
    case 'leave':
      return state.drag ? state : { ...state, pointer: null }
    case 'nudge': {
      if (!state.region) return { ...state, region: middle(state.picture) }
      const { region, picture } = state
      return {
        ...state,
        region: event.sizing ? resized(region, { x: 1, y: 1 }, event.by, picture) : moved(region, event.by, picture),
      }
    }
    case 'windows':
      return { ...state, windows: event.windows }
    case 'set':
      return { ...state, region: event.region, drag: null }
  }
}

/** The frontmost window that holds a pixel. */
const windowAt = ({ windows }: Picking, { x, y }: Point): Region | null =>
  windows.find(
    (window) => x >= window.x && y >= window.y && x < window.x + window.width && y < window.y + window.height,
  ) ?? null

/** The window that a click would take now. */
export const offered = (state: Picking): Region | null =>
  state.pointer && !state.region && !state.drag ? windowAt(state, state.pointer) : null

/** The region that would be taken: the drawn one, else all of the picture. */
export const taken = ({ region, picture }: Picking): Region => region ?? wholeOf(picture)

/** How far a key moves the region: a pixel, ten with Shift; null for other keys. */
export function arrowOf(key: string, isFar: boolean): Point | null {
  const step = isFar ? 10 : 1
  const ways: Record<string, Point> = {
    ArrowLeft: { x: -step, y: 0 },
    ArrowRight: { x: step, y: 0 },
    ArrowUp: { x: 0, y: -step },
    ArrowDown: { x: 0, y: step },
  }
  return ways[key] ?? null
}
