import { boxOf } from './canvas.ts'
import { colourNames } from './colours.ts'
import { boxText, phrase } from './language.ts'
import type { Asking, Language, Voice } from './language.ts'
import { otherThing } from './layout.ts'
import { coordinates, sameThing, shapeContours, shapeNames, sideOf, sides } from './scene.ts'
import type { Coordinates, Placed, Scene, Side } from './scene.ts'

/** What a picture shows, without a capital and a full stop: "a red circle", "4 blue stars", "the number 42". */
export function caption({ objects, text }: Scene, voice: Voice): string {
  if (text) return voice.printed(text.text)
  const first = objects[0]!
  if (objects.every((object) => sameThing(object, first))) return voice.things(objects.length, first)
  return objects.length <= 3
    ? voice.list([...objects].sort((a, b) => a.x - b.x).map((object) => voice.aThing(object)))
    : voice.objects(objects.length)
}

/** A question and its answer. */
export interface Exchange {
  readonly question: string
  readonly answer: string
  /** Which object of the scene the answer is about, when one: where the model is taught to look. */
  readonly about?: number
  /** The text of the scene that the answer spells. */
  readonly spelt?: string
}

/** What can be asked about one picture. */
export type SceneQuestion =
  | 'name'
  | 'describe'
  | 'colour'
  | 'shape'
  | 'background'
  | 'exists'
  | 'count'
  | 'countSome'
  | 'relation'
  | 'yesNoSide'
  | 'read'
  | 'box'
  | 'boxAll'
  | 'json'
  | 'jsonBox'

/** Questions that make sense about a scene, with how often they are asked. */
export function questionsAbout(scene: Scene): Partial<Record<SceneQuestion, number>> {
  if (scene.odd) return { name: 6, describe: 2, colour: 1, shape: 1, count: 1, read: 1, json: 0.5, box: 1 }
  const ground = scene.style === 'window' ? 0 : 1
  if (scene.text) return { read: 8, name: 1, background: ground, json: 1 }
  const { length } = scene.objects
  const unique = scene.objects.some((object) => isUnique(object, scene))
  if (length === 1)
    return {
      name: 4,
      describe: ground * 2,
      colour: 1.5,
      shape: 1.5,
      background: ground * 1.5,
      exists: 1,
      count: 1,
      box: 4,
      json: 2,
      jsonBox: 1.5,
      read: 0.3,
    }
  if (length === 2 && !sameThing(scene.objects[0]!, scene.objects[1]!))
    return {
      name: 3,
      relation: 6,
      yesNoSide: 2,
      box: 3,
      boxAll: 1.5,
      count: 1,
      colour: 1,
      json: 1,
      jsonBox: 0.7,
      exists: 0.7,
    }
  return {
    count: 6,
    countSome: 2.5,
    name: 1,
    json: 1,
    ...(unique ? { box: 1.5 } : {}),
    ...(length <= 3 ? { boxAll: 0.8 } : {}),
  }
}

const isUnique = (object: Placed, { objects }: Scene) =>
  objects.filter((other) => sameThing(other, object)).length === 1
const round = (object: Placed) => boxOf(shapeContours(object.shape, object.x, object.y, object.radius, object.form))
/** The box of an object of the scene, in thousandths. */
export const boxIn = (scene: Scene, object: Placed): Coordinates => coordinates(round(object), scene)
/** The same as it is taught: to the nearest ten thousandths, about what the model can see; the last digit would be noise. */
const roundedBox = (scene: Scene, object: Placed): Coordinates => {
  const toTens = (value: number) => Math.min(990, Math.round(value / 10) * 10)
  const [left, top, right, bottom] = boxIn(scene, object)
  return [toTens(left), toTens(top), toTens(right), toTens(bottom)]
}
const opposite: Readonly<Record<Side, Side>> = { left: 'right', right: 'left', above: 'below', below: 'above' }
const inReadingOrder = (objects: readonly Placed[]) => [...objects].sort((a, b) => a.x - b.x)
/** Names of colours and shapes in JSON are English whatever the question's language. */
const jsonName = ({ colour, shape }: Placed) => ({ color: colour, shape })

/** Asks about a scene. */
export function askAbout(scene: Scene, kind: SceneQuestion, asking: Asking): Exchange {
  const { random, voice } = asking
  if (scene.odd)
    return {
      question: askAbout({ ...scene, odd: false, objects: [stand(asking)] }, kind, asking).question,
      answer: voice.unknownPicture,
    }
  const { objects, text } = scene
  const known = objects.filter((object) => isUnique(object, scene))
  const spelling = text ? { spelt: text.text } : {}
  const one = random.pick(known.length > 0 ? known : objects.length > 0 ? objects : [stand(asking)])
  switch (kind) {
    case 'name':
      return { question: phrase(asking, 'name'), answer: voice.caption(caption(scene, voice)), ...spelling }
    case 'describe':
      return {
        question: phrase(asking, 'describe'),
        answer: voice.onBackground(caption(scene, voice), scene.background),
      }
    case 'colour': {
      const alone = objects.length === 1 || objects.filter(({ shape }) => shape === one.shape).length > 1
      return alone
        ? {
            question: phrase(asking, objects.length === 1 ? 'colour' : 'name', { a: one, shape: one.shape }),
            answer: objects.length === 1 ? voice.itIs(voice.colours[one.colour]) : voice.caption(caption(scene, voice)),
          }
        : { question: phrase(asking, 'colourOf', { shape: one.shape }), answer: voice.colourOf(one) }
    }
    case 'shape':
      return { question: phrase(asking, 'shape'), answer: voice.itIs(voice.aShape(one.shape)) }
    case 'background':
      return { question: phrase(asking, 'background'), answer: voice.backgroundIs(scene.background) }
    case 'exists': {
      const does = random.chance(0.5)
      const asked = does ? one : otherThing(random, scene.background, objects)
      return { question: phrase(asking, 'exists', { a: asked }), answer: voice.exists(asked, does) }
    }
    case 'count': {
      const first = objects[0]!
      const ofShape = objects.every(({ shape }) => shape === first.shape) && random.chance(0.4)
      if (ofShape)
        return {
          question: phrase(asking, 'countShape', { shape: first.shape }),
          answer: countAnswer(
            asking,
            objects.length,
            objects.length === 1 ? voice.shapes[first.shape] : voice.shapesPlural[first.shape],
          ),
        }
      return {
        question: phrase(asking, 'countAll'),
        answer: countAnswer(asking, objects.length, objectWord(voice.language, objects.length)),
      }
    }
    case 'countSome':
      return countSome(scene, asking)
    case 'relation':
      return relation(scene, asking)
    case 'yesNoSide': {
      const [a, b] = random.chance(0.5) ? [objects[0]!, objects[1]!] : [objects[1]!, objects[0]!]
      const side = sideOf(a, b)
      const asked = random.chance(0.5) ? side : random.pick(sides.filter((other) => other !== side))
      return {
        question: phrase(asking, 'yesNoSide', { a, b, side: voice.sideNames[asked] }),
        answer: voice.yesNo(asked === side, a, b, side),
        about: objects.indexOf(a),
      }
    }
    case 'read': {
      if (!text) return { question: phrase(asking, 'number'), answer: voice.number(null) }
      const asNumber = /^\d+$/.test(text.text) && random.chance(0.4)
      return asNumber
        ? { question: phrase(asking, 'number'), answer: voice.number(text.text), ...spelling }
        : { question: phrase(asking, 'read'), answer: voice.says(text.text), ...spelling }
    }
    case 'box': {
      const where = objects.length === 1 && random.chance(0.2)
      return {
        question: phrase(asking, where ? 'whereBox' : 'box', { a: one, shape: one.shape }),
        answer: boxText(voice.theThing(one), roundedBox(scene, one)),
        about: objects.indexOf(one),
      }
    }
    case 'boxAll':
      return {
        question: phrase(asking, 'boxAll'),
        answer: inReadingOrder(objects)
          .map((object) => boxText(voice.theThing(object), roundedBox(scene, object)))
          .join('\n'),
      }
    case 'json':
      return json(scene, asking)
    case 'jsonBox':
      return {
        question: phrase(asking, 'jsonBox', { a: one }),
        answer: JSON.stringify([{ bbox_2d: roundedBox(scene, one), label: `${one.colour} ${one.shape}` }]),
        about: objects.indexOf(one),
      }
  }
}

/** Something to ask for where nothing is. */
function stand({ random }: Asking): Placed {
  return {
    colour: random.pick(colourNames),
    shape: random.pick(shapeNames),
    x: 0,
    y: 0,
    radius: 1,
    form: { inner: 0.5, rotation: 0 },
  }
}

const objectWord = (language: Language, count: number) =>
  language === 'zh' ? '图形' : count === 1 ? 'object' : 'objects'
const countAnswer = ({ voice }: Asking, count: number, what: string) => voice.thereAre(count, what)

function countSome({ objects }: Scene, asking: Asking): Exchange {
  const { random, voice } = asking
  const one = random.pick(objects)
  if (random.chance(0.5)) {
    const shape = random.chance(0.12) ? random.pick(shapeNames) : one.shape
    const count = objects.filter((object) => object.shape === shape).length
    return {
      question: phrase(asking, 'countShape', { shape }),
      answer: countAnswer(asking, count, count === 1 ? voice.shapes[shape] : voice.shapesPlural[shape]),
    }
  }
  const count = objects.filter(({ colour }) => colour === one.colour).length
  const what =
    voice.language === 'zh' ? `${voice.colours[one.colour]}的图形` : `${one.colour} ${objectWord('en', count)}`
  return { question: phrase(asking, 'countColour', { colour: one.colour }), answer: countAnswer(asking, count, what) }
}

function relation({ objects }: Scene, asking: Asking): Exchange {
  const { random, voice } = asking
  const [a, b] = random.chance(0.5) ? [objects[0]!, objects[1]!] : [objects[1]!, objects[0]!]
  const side = sideOf(a, b)
  const answer = voice.relation(a, b, side)
  const kind = random.weighted({ where: 5, side: 2, nextTo: 2 })
  const slots = { a, b, side: voice.sideNames[side], other: voice.sideNames[opposite[side]] }
  if (kind === 'nextTo') return { question: phrase(asking, 'nextTo', slots), answer: voice.caption(voice.aThing(a)) }
  return { question: phrase(asking, kind, slots), answer, about: objects.indexOf(a) }
}

function json({ objects, text }: Scene, asking: Asking): Exchange {
  if (text)
    return { question: phrase(asking, 'jsonText'), answer: JSON.stringify({ text: text.text }), spelt: text.text }
  if (objects.length === 1) return { question: phrase(asking, 'json'), answer: JSON.stringify(jsonName(objects[0]!)) }
  if (objects.length > 3 || asking.random.chance(0.3))
    return { question: phrase(asking, 'jsonCount'), answer: JSON.stringify({ count: objects.length }) }
  return { question: phrase(asking, 'jsonAll'), answer: JSON.stringify(inReadingOrder(objects).map(jsonName)) }
}
