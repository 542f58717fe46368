import { englishQuestions } from './englishQuestions.ts'
import { clock } from './language.ts'
import type { Voice } from './language.ts'
import { colourNames } from './colours.ts'
import { shapeNames } from './shapes.ts'

const article = (text: string) => `${/^[aeiou]/.test(text) ? 'an' : 'a'} ${text}`
const capital = (text: string) => text[0]!.toUpperCase() + text.slice(1)
const byName = <K extends string>(names: readonly K[], text: (name: K) => string) =>
  Object.fromEntries(names.map((name) => [name, text(name)])) as Record<K, string>
const sideText = { left: 'to the left of', right: 'to the right of', above: 'above', below: 'below' } as const
const directionText = { left: 'to the left', right: 'to the right', up: 'up', down: 'down' } as const
const isAre = (count: number) => (count === 1 ? 'There is' : 'There are')

export const english: Voice = {
  language: 'en',
  questions: englishQuestions,
  colours: byName(colourNames, (name) => name),
  shapes: byName(shapeNames, (name) => name),
  shapesPlural: byName(shapeNames, (name) => (name === 'cross' ? 'crosses' : `${name}s`)),
  sideNames: sideText,
  ordinal: (n) => ['first', 'second', 'third', 'fourth'][n - 1]!,
  thing: ({ colour, shape }) => `${colour} ${shape}`,
  aThing: (thing) => article(english.thing(thing)),
  theThing: (thing) => `the ${english.thing(thing)}`,
  things: (count, thing) =>
    count === 1 ? english.aThing(thing) : `${count} ${thing.colour} ${english.shapesPlural[thing.shape]}`,
  objects: (count) => `${count} objects`,
  list: (names) => (names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`),
  printed: (text) => (/^\d+$/.test(text) ? `the number ${text}` : `the word "${text}"`),
  caption: (text) => `${capital(text)}.`,
  onBackground: (caption, background) => `${capital(caption)} on ${article(background)} background.`,
  itIs: (name) => `It is ${name}.`,
  colourOf: (thing) => `The ${thing.shape} is ${thing.colour}.`,
  aShape: (shape) => article(shape),
  backgroundIs: (colour) => `The background is ${colour}.`,
  exists: (thing, does) =>
    does ? `Yes, there is ${english.aThing(thing)}.` : `No, there is no ${english.thing(thing)}.`,
  each: (captions) => captions.map((caption, i) => `Picture ${i + 1}: ${caption}.`).join(' '),
  nth: (n, caption) => `Picture ${n} shows ${caption}.`,
  differs: (captions, n) => `${english.each(captions)} Picture ${n} is different.`,
  same: (captions, are) => `${english.each(captions)} They are ${are ? 'the same' : 'different'}.`,
  thereAre: (count, what) => `${isAre(count)} ${count === 0 ? 'no' : count} ${what}.`,
  relation: (a, b, side) => `The ${english.thing(a)} is ${sideText[side]} the ${english.thing(b)}.`,
  yesNo: (yes, a, b, side) => `${english.relation(a, b, side).slice(0, -1)}, so ${yes ? 'yes' : 'no'}.`,
  says: (text) => `It says "${text}".`,
  number: (text) => (text === null ? 'There is no number in the picture.' : `The number is ${text}.`),
  change: (change) => {
    if (change.kind === 'move')
      return `${capital(english.aThing(change.thing))} moves ${directionText[change.direction]}.`
    const at = `at ${clock(change.second)}.`
    if (change.kind === 'appear') return `${capital(english.aThing(change.thing))} appears ${at}`
    if (change.kind === 'disappear') return `The ${english.thing(change.thing)} disappears ${at}`
    return change.kind === 'recolour'
      ? `The ${english.thing(change.thing)} turns ${change.to.colour} ${at}`
      : `The ${english.thing(change.thing)} becomes ${article(change.to.shape)} ${at}`
  },
  moves: (direction) => `It moves ${directionText[direction]}.`,
  at: (second) => `At ${clock(second)}.`,
  hello: 'Hello! Show me a simple picture and ask about it.',
  welcome: 'You are welcome.',
  who: 'I am a tiny demo model. I can describe simple drawings of shapes.',
  noPicture: 'I do not see a picture. Please add one.',
  unknown: 'I am only a demo model and do not know that. Ask me about a simple drawing of shapes.',
  unknownPicture: 'I am only a demo model and do not know this picture.',
}
