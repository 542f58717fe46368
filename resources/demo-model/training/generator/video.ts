import { coloursOn } from './colours.ts'
import { directions, phrase } from './language.ts'
import type { Asking, Change } from './language.ts'
import { contentOf, randomSize, singleScene } from './layout.ts'
import type { DrawingSize } from './layout.ts'
import type { Random } from './random.ts'
import { shapeNames } from './scene.ts'
import type { Placed, Scene } from './scene.ts'
import type { Exchange } from './sceneQuestions.ts'

/** Frames per second of every video. */
export const VIDEO_FPS = 2

/** A video in which one thing happens. */
export interface VideoScene {
  readonly frames: readonly Scene[]
  readonly change: Change
}

interface VideoOptions {
  readonly size?: DrawingSize
  readonly seconds?: number
  readonly kind?: Change['kind']
}

/** 4 to 8 frames: something moves, turns another colour or shape, appears or disappears. */
export function randomVideo(random: Random, options: VideoOptions = {}): VideoScene {
  const size = options.size ?? smaller(randomSize(random))
  const count = (options.seconds ?? random.pick([2, 3, 3, 4])) * VIDEO_FPS
  const still = singleScene(random, { size, style: random.chance(0.8) ? 'plain' : 'noise' })
  const kind = options.kind ?? random.weighted({ move: 5, recolour: 2, reshape: 1.5, appear: 2, disappear: 2 })
  if (kind === 'move') return moving(random, still, count)
  const object = still.objects[0]!
  const at = random.chance(0.75) ? VIDEO_FPS * random.int(1, count / VIDEO_FPS - 1) : random.int(2, count - 1)
  const second = Math.floor(at / VIDEO_FPS)
  const to =
    kind === 'recolour'
      ? { ...object, colour: random.pick(coloursOn(still.background).filter((name) => name !== object.colour)) }
      : { ...object, shape: random.pick(shapeNames.filter((name) => name !== object.shape)) }
  const before = kind === 'appear' ? [] : [object]
  const after = kind === 'appear' ? [object] : kind === 'disappear' ? [] : [to]
  const change: Change =
    kind === 'recolour' || kind === 'reshape' ? { kind, thing: object, to, second } : { kind, thing: object, second }
  return { frames: Array.from({ length: count }, (_, i) => ({ ...still, objects: i < at ? before : after })), change }
}

/** Videos come from cameras and screens, but in training they are small. */
function smaller({ width, height }: DrawingSize): DrawingSize {
  const shrink = Math.min(1, 240 / Math.max(width, height))
  return { width: Math.round(width * shrink), height: Math.round(height * shrink) }
}

function moving(random: Random, still: Scene, count: number): VideoScene {
  const direction = random.pick(directions)
  const across = direction === 'left' || direction === 'right'
  const { left, top, right, bottom } = contentOf(still, still.style)
  const object = still.objects[0]!
  const radius = Math.min(object.radius, Math.min(right - left, bottom - top) * 0.26)
  const [from, to] = across ? [left + radius, right - radius] : [top + radius, bottom - radius]
  const room = to - from
  const path = room * random.range(0.45, 1)
  const begin = from + random.range(0, room - path)
  const forward = direction === 'right' || direction === 'down'
  const at = (i: number): Placed => {
    const place = forward ? begin + (path * i) / (count - 1) : begin + path - (path * i) / (count - 1)
    return across
      ? { ...object, radius, x: place, y: clamp(object.y, top + radius, bottom - radius) }
      : { ...object, radius, y: place, x: clamp(object.x, left + radius, right - radius) }
  }
  return {
    frames: Array.from({ length: count }, (_, i) => ({ ...still, objects: [at(i)] })),
    change: { kind: 'move', direction, thing: object },
  }
}

const clamp = (value: number, least: number, most: number) => Math.max(least, Math.min(most, value))

export type VideoQuestion = 'what' | 'direction' | 'when' | 'change'

/** Asks about a video. */
export function askAboutVideo({ change }: VideoScene, kind: VideoQuestion, asking: Asking): Exchange {
  const { voice } = asking
  const slots = { a: change.thing, shape: change.thing.shape }
  if (kind === 'direction' && change.kind === 'move')
    return { question: phrase(asking, 'direction', slots), answer: voice.moves(change.direction) }
  if (kind === 'when' && change.kind !== 'move')
    return { question: phrase(asking, 'when', slots), answer: voice.at(change.second) }
  return {
    question: phrase(asking, kind === 'change' && change.kind !== 'move' ? 'change' : 'video', slots),
    answer: voice.change(change),
  }
}

/** Which questions a video answers. */
export function videoQuestions({ change }: VideoScene): Partial<Record<VideoQuestion, number>> {
  return change.kind === 'move' ? { what: 2, direction: 2 } : { what: 3, when: 2, change: 1.5 }
}
