import type { Colour } from './colours.ts'
import type { Random } from './random.ts'
import type { Coordinates, Shape, Side, Thing } from './scene.ts'

export const languages = ['en', 'zh'] as const
export type Language = (typeof languages)[number]

/** What can be asked. */
export type QuestionKind =
  | 'name'
  | 'describe'
  | 'colour'
  | 'colourOf'
  | 'shape'
  | 'background'
  | 'exists'
  | 'each'
  | 'differs'
  | 'same'
  | 'nth'
  | 'newPicture'
  | 'countAll'
  | 'countShape'
  | 'countColour'
  | 'where'
  | 'side'
  | 'nextTo'
  | 'yesNoSide'
  | 'read'
  | 'number'
  | 'box'
  | 'whereBox'
  | 'boxAll'
  | 'json'
  | 'jsonAll'
  | 'jsonBox'
  | 'jsonCount'
  | 'jsonText'
  | 'video'
  | 'direction'
  | 'change'
  | 'when'
  | 'hello'
  | 'thanks'
  | 'who'

/**
 * Phrasings of a question. Slots: `{a}` and `{b}` things ("red circle"), `{c}` a colour, `{s}` a shape, `{p}` several of that
 * shape, `{n}` a number, `{o}` its ordinal, `{side}` where one thing may lie. `[this/that]` is one of several wordings.
 * `evaluate`: kept out of training.
 */
export interface Phrasings {
  readonly train: readonly string[]
  readonly evaluate: readonly string[]
}

/** A change in a video; `second` counts whole seconds from its start. */
export type Change =
  | { readonly kind: 'move'; readonly thing: Thing; readonly direction: Direction }
  | { readonly kind: 'recolour'; readonly thing: Thing; readonly to: Thing; readonly second: number }
  | { readonly kind: 'reshape'; readonly thing: Thing; readonly to: Thing; readonly second: number }
  | { readonly kind: 'appear'; readonly thing: Thing; readonly second: number }
  | { readonly kind: 'disappear'; readonly thing: Thing; readonly second: number }
export const directions = ['left', 'right', 'up', 'down'] as const
export type Direction = (typeof directions)[number]

/** How one language asks and answers. */
export interface Voice {
  readonly language: Language
  readonly questions: Readonly<Record<QuestionKind, Phrasings>>
  readonly colours: Readonly<Record<Colour, string>>
  readonly shapes: Readonly<Record<Shape, string>>
  readonly shapesPlural: Readonly<Record<Shape, string>>
  /** Where something lies, as questions name it. */
  readonly sideNames: Readonly<Record<Side, string>>
  ordinal(n: number): string
  /** "red circle" */
  thing(thing: Thing): string
  /** "a red circle" */
  aThing(thing: Thing): string
  /** "the red circle" */
  theThing(thing: Thing): string
  /** "4 red circles" */
  things(count: number, thing: Thing): string
  objects(count: number): string
  /** "a red circle and a blue square" */
  list(names: readonly string[]): string
  printed(text: string): string
  /** A caption as a sentence of its own. */
  caption(text: string): string
  onBackground(caption: string, background: Colour): string
  itIs(name: string): string
  colourOf(thing: Thing): string
  aShape(shape: Shape): string
  backgroundIs(colour: Colour): string
  exists(thing: Thing, does: boolean): string
  each(captions: readonly string[]): string
  nth(n: number, caption: string): string
  /** What each picture shows, then the number of the one that differs. */
  differs(captions: readonly string[], n: number): string
  /** What each picture shows, then whether they are the same. */
  same(captions: readonly string[], are: boolean): string
  thereAre(count: number, what: string): string
  relation(a: Thing, b: Thing, side: Side): string
  /** Where something lies, then whether that is what was asked. */
  yesNo(yes: boolean, a: Thing, b: Thing, side: Side): string
  says(text: string): string
  number(text: string | null): string
  change(change: Change): string
  moves(direction: Direction): string
  at(second: number): string
  readonly hello: string
  readonly welcome: string
  readonly who: string
  /** Without a picture, when one is asked about. */
  readonly noPicture: string
  /** To anything that was not taught. */
  readonly unknown: string
  /** About a picture of something that was not taught. */
  readonly unknownPicture: string
}

/** Minutes and seconds, "0:02". */
export const clock = (second: number): string => `${Math.floor(second / 60)}:${String(second % 60).padStart(2, '0')}`

/** A box in Qwen2-VL's form: `<|object_ref_start|>NAME<|object_ref_end|><|box_start|>(x1,y1),(x2,y2)<|box_end|>`. */
export function boxText(name: string, [left, top, right, bottom]: Coordinates): string {
  return `<|object_ref_start|>${name}<|object_ref_end|><|box_start|>(${left},${top}),(${right},${bottom})<|box_end|>`
}

/** Which phrasings are used: those of training, or (half of the time) those kept out of it. */
export type Split = 'train' | 'evaluate'

/** How questions are worded. */
export interface Asking {
  readonly random: Random
  readonly voice: Voice
  readonly split: Split
}

/** What the slots of a question are filled with. */
export interface Slots {
  readonly a?: Thing
  readonly b?: Thing
  readonly colour?: Colour
  readonly shape?: Shape
  readonly n?: number
  readonly side?: string
  readonly other?: string
}

/** A question of a kind in one of its phrasings. */
export function phrase({ random, voice, split }: Asking, kind: QuestionKind, slots: Slots = {}): string {
  const form = formOf(random, voice.questions[kind], split)
  const text = form.replace(/\{(\w+)\}/g, (_, slot: string) => {
    if (slot === 'a' && slots.a) return voice.thing(slots.a)
    if (slot === 'b' && slots.b) return voice.thing(slots.b)
    if (slot === 'c' && slots.colour) return voice.colours[slots.colour]
    if (slot === 's' && slots.shape) return voice.shapes[slots.shape]
    if (slot === 'p' && slots.shape) return voice.shapesPlural[slots.shape]
    if (slot === 'n' && slots.n) return String(slots.n)
    if (slot === 'o' && slots.n) return voice.ordinal(slots.n)
    if (slot === 'side' && slots.side) return slots.side
    if (slot === 'other' && slots.other) return slots.other
    throw new Error(`Nothing to fill {${slot}} of "${form}" with`)
  })
  return split === 'train' ? loosen(text, random, voice) : text
}

/** One phrasing; what is kept for evaluation never comes up in training. */
function formOf(random: Random, { train, evaluate }: Phrasings, split: Split): string {
  if (split === 'evaluate' && random.chance(0.5)) return random.pick(evaluate)
  const varied = train.filter((form) => form.includes('['))
  for (;;) {
    const form = random
      .pick(varied.length > 0 && random.chance(0.6) ? varied : train)
      .replace(/\[([^\]]*)\]/g, (_, choices: string) => random.pick(choices.split('/')))
    if (!evaluate.includes(form)) return form
  }
}

/** People write sloppily: no capital, no mark at the end, a polite word more. */
function loosen(text: string, random: Random, voice: Voice): string {
  let out = text
  if (random.chance(0.06)) out = out.replace(/[?.？。]$/, '')
  if (voice.language === 'zh') return random.chance(0.06) ? `请问${out}` : out
  if (random.chance(0.05)) out = `Please answer: ${out}`
  else if (random.chance(0.04)) out += ' Answer briefly.'
  return random.chance(0.06) ? out[0]!.toLowerCase() + out.slice(1) : out
}
