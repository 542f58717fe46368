import { phrase } from './ask.ts'
import type { Message } from './conversation.ts'
import { otherThing, randomBackground, randomThing } from './layout.ts'
import type { Making } from './making.ts'
import { sides } from './scene.ts'
import type { Exchange } from './sceneQuestions.ts'
import { comparison } from './severalPictures.ts'

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
