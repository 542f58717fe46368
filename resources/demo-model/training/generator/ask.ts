import type { Colour } from './colours.ts'
import type { Phrasings, QuestionKind, Voice } from './language.ts'
import type { Random } from './random.ts'
import type { Thing } from './scene.ts'
import type { Shape } from './shapes.ts'

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
