import type { Colour } from './colours.ts'
import type { Coordinates, Side, Thing } from './scene.ts'
import type { Shape } from './shapes.ts'

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
