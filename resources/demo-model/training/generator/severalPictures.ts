import type { Colour } from './colours.ts'
import { image } from './conversation.ts'
import type { Making, Message } from './conversation.ts'
import { phrase } from './language.ts'
import {
  manyScene,
  oddScene,
  otherThing,
  pairScene,
  randomBackground,
  randomThing,
  singleScene,
  textScene,
} from './layout.ts'
import type { Random } from './random.ts'
import { sides } from './scene.ts'
import type { Scene, Thing } from './scene.ts'
import { askAbout, caption, questionsAbout } from './sceneQuestions.ts'
import type { Exchange } from './sceneQuestions.ts'

/** A drawing of any kind. */
export function anyScene(random: Random): Scene {
  const kind = random.weighted({ single: 62, pair: 10, many: 10, text: 14, odd: 4 })
  if (kind === 'pair') return pairScene(random)
  if (kind === 'many') return manyScene(random, random.int(2, 5), { kind: 'alike' })
  return kind === 'text' ? textScene(random) : kind === 'odd' ? oddScene(random) : singleScene(random)
}

const say = (making: Making, scene: Scene) =>
  scene.odd
    ? making.voice.language === 'zh'
      ? '我不认识的东西'
      : 'something I do not know'
    : caption(scene, making.voice)

/** Two or three pictures, each named. */
export function pictures(making: Making): Scene[] {
  const { random, writer, voice, split } = making
  const scenes = Array.from({ length: random.chance(0.65) ? 2 : 3 }, () =>
    split === 'train' ? anyScene(random) : singleScene(random),
  )
  writer.exchange(
    { question: phrase(making, 'each'), answer: voice.each(scenes.map((scene) => say(making, scene))) },
    writer.add(...scenes.map(image)),
  )
  return scenes
}

/** Three things of which one differs, or two that are the same or not, and what is asked and said about pictures of them. */
function comparison(
  making: Making,
  background: Colour,
  two = making.random.chance(0.4),
): { things: Thing[]; exchange: Exchange; given: string } {
  const { random, voice, split } = making
  const same = randomThing(random, background)
  // the shape alone is the hardest to compare
  const shared =
    split === 'train'
      ? random.weighted({ colour: 7, shape: 2, nothing: 1 })
      : random.pick(['colour', 'shape', 'nothing'] as const)
  const other = otherThing(random, background, [same], shared === 'nothing' ? {} : { [shared]: same[shared] })
  const at = random.below(two ? 4 : 3)
  const things = Array.from({ length: two ? 2 : 3 }, (_, i) => (i === at ? other : same))
  const captions = things.map(voice.aThing)
  return {
    things,
    exchange: two
      ? { question: phrase(making, 'same'), answer: voice.same(captions, at > 1) }
      : { question: phrase(making, 'differs'), answer: voice.differs(captions, at + 1) },
    given: voice.each(captions).slice(0, -1),
  }
}

/** Pictures to compare. */
export function differs(making: Making): Scene[] {
  const { random, writer } = making
  const background = randomBackground(random)
  const { things, exchange } = comparison(making, background)
  const scenes = things.map((thing) => singleScene(random, { background, thing }))
  writer.exchange(exchange, writer.add(...scenes.map(image)))
  return scenes
}

/** A question about one of the pictures seen so far, by its number. */
export function nth(making: Making, scenes: readonly Scene[]): Exchange {
  const { random, voice } = making
  const n = random.int(1, scenes.length)
  return { question: phrase(making, 'nth', { n }), answer: voice.nth(n, say(making, scenes[n - 1]!)) }
}

/** A conversation that comes back to an earlier picture. */
export function followUp(making: Making): Scene[] {
  const { random, writer } = making
  const scene = () => (making.split === 'train' ? anyScene(random) : singleScene(random))
  const scenes = [scene()]
  if (random.chance(0.3)) scenes.splice(0, 1, ...pictures(making))
  else
    writer.exchange(
      askAbout(scenes[0]!, random.weighted(questionsAbout(scenes[0]!)), making),
      writer.add(image(scenes[0]!)),
    )
  if (random.chance(0.5) && scenes.length < 3) {
    const next = scene()
    scenes.push(next)
    const { answer } = askAbout(next, 'name', making)
    writer.exchange(
      { question: phrase(making, 'newPicture'), answer: next.text ? making.voice.caption(say(making, next)) : answer },
      writer.add(image(next)),
    )
  }
  const again =
    making.split === 'train'
      ? random.weighted(questionsAbout(scenes[0]!))
      : random.pick(['name', 'colour', 'shape', 'exists'] as const)
  if (scenes.length === 1 && !scenes[0]!.odd && random.chance(0.6)) writer.exchange(askAbout(scenes[0]!, again, making))
  else writer.exchange(nth(making, scenes))
  return scenes
}

/**
 * An answer that says what is seen and then judges it, of which only the judgement is learnt: what is seen is given, so that no
 * picture is needed. A dozen of these cost what one conversation about pictures does.
 */
export function verdict(making: Making): Exchange & Pick<Message, 'given'> {
  const { random, voice } = making
  const background = randomBackground(random)
  if (random.chance(0.75)) {
    const { exchange, given } = comparison(making, background, random.chance(0.25))
    return { ...exchange, given }
  }
  const a = randomThing(random, background)
  const b = otherThing(random, background, [a])
  const side = random.pick(sides)
  const asked = random.chance(0.5) ? side : random.pick(sides.filter((other) => other !== side))
  return {
    question: phrase(making, 'yesNoSide', { a, b, side: voice.sideNames[asked] }),
    answer: voice.yesNo(asked === side, a, b, side),
    given: voice.relation(a, b, side).slice(0, -1),
  }
}
