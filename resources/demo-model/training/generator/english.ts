import { colourNames } from './colours.ts'
import { clock } from './language.ts'
import type { Phrasings, QuestionKind, Voice } from './language.ts'
import { shapeNames } from './scene.ts'

const of = (train: string, evaluate: string): Phrasings => ({
  train: train.split(' | '),
  evaluate: evaluate.split(' | '),
})

/** How English asks. */
const englishQuestions: Readonly<Record<QuestionKind, Phrasings>> = {
  name: of(
    "What [is/do you see/can you see/is shown] [in/on] [the/this/that] [picture/image/drawing/photo]? | What [is/do you see] [there/here]? | Which [object/shape/thing] [is/do you see] [in/on] [the/this] [picture/image/drawing/photo]? | What does [the/this] [picture/image/drawing/photo] [show/contain]? | [Tell me/Say] what [is/you see] [in/on] [the/this] [picture/image/drawing/photo]. | What [object/thing] is [this/that/it/shown]? | What is in the picture? | What is in this picture? | What do you see? | What is this? | What is in the image? | What's in the image? | What does the picture show? | What is shown here? | What can you see in this image? | What is it? | What is in the drawing? | What shape is this and what colour? | Which object do you see? | What's this? | Name the object. | What is it? Answer briefly.",
    "What's in the picture? | What do you see in the picture? | What is shown in this image? | What is on the picture? | Which object is in the picture?",
  ),
  describe: of(
    '[Please describe/Describe/Could you describe/Can you describe] [the/this] [picture/image/drawing/photo][./?/] | Describe [what is in/what you see in/the content of] [the/this] [picture/image/drawing/photo]. | Describe the picture. | Describe this image. | Describe it. | Can you describe the picture? | Describe this picture | Please describe this image. | Give a short description. | Describe what you see.',
    'Please describe the picture. | Describe the image. | Can you describe this image?',
  ),
  colour: of(
    '[What/Which] [colour/color] [is it/is this/does it have/is the {s}/does the {s} have/is this {s}]? | What is the [colour/color] of [it/this/the {s}/the object/the shape]? | What colour is it? | What color is it? | Which colour is it? | What color is the {s}? | What colour is the {s}? | What is its colour? | Which color does the {s} have?',
    'Which color is it? | What is the colour of the {s}?',
  ),
  colourOf: of(
    '[What/Which] [colour/color] [is the {s}/does the {s} have/has the {s}]? | [What is/Tell me] the [colour/color] of the {s}. | What colour is the {s}? | What color is the {s}? | Which colour does the {s} have? | Tell me the colour of the {s}.',
    'Which colour is the {s}? | What is the color of the {s}?',
  ),
  shape: of(
    '[What/Which] [shape/kind of shape/form] [is it/is this/do you see/is in the picture/does it have]? | What is [its/the] shape? | What shape is it? | Which shape is in the picture? | What shape do you see? | Which shape is it? | What kind of shape is this? | What is its shape?',
    'What shape is this? | Which shape do you see?',
  ),
  background: of(
    '[What/Which] [colour/color] [is/has] the background? | What is the [colour/color] of the background? | What colour is the background? | What color is the background? | What is the background colour? | And the background? | Which colour does the background have?',
    'Which colour is the background? | What is the color of the background?',
  ),
  exists: of(
    '[Is there/Do you see/Can you see] a {a} [in/on] [the/this] [picture/image/drawing/photo]? | Does [the/this] [picture/image/drawing/photo] [show/contain] a {a}? | Is a {a} [there/shown/here]? | Is there a {a}? | Is there a {a} in the picture? | Do you see a {a}? | Does the picture show a {a}? | Can you see a {a}?',
    'Is a {a} in the picture? | Do you see a {a} in this picture?',
  ),
  each: of(
    'What [is/do you see/is shown] [in/on] [each/every] [picture/image/drawing/photo]? | What [do/can] you see [in/on] [the/these] [pictures/images/drawings]? | What do [the/these] [pictures/images] [show/contain]? | [Describe/Name/Please describe] [the/these/each of the/all] [pictures/images]. | What [is/are] in [them/these]? | What is in each picture? | What is in the pictures? | What do you see? | Describe the pictures. | What is in these pictures? | What do the pictures show? | Describe each picture. | What is in the images? | What is shown in each image? | Name what is in each picture. | What are these?',
    'What do you see in each picture? | What is in each image? | Describe these pictures. | What do these pictures show?',
  ),
  differs: of(
    'Which [picture/image/one/drawing] [is different/differs/is not the same/does not fit/is unlike the others]? | Which [picture/image/one] [is/shows] [the odd one/something else/something different]? | Which of [them/these/the pictures] [is different/differs/is the odd one]? | Which picture is different? | Which one is different? | Which picture differs? | Which picture is not like the others? | Which one differs from the others? | Find the picture that is different. | Which image is the odd one out? | What is the odd one out?',
    'Which picture is different from the others? | Which one is the odd one out? | Which image differs?',
  ),
  same: of(
    '[Are/Do] [they/the pictures/these pictures/both images] [the same/show the same/alike/equal]? | Is [it/this] the same [thing/shape/picture]? | Are the pictures the same? | Do both pictures show the same? | Is it the same object in both pictures? | Are both pictures alike? | Do they show the same thing?',
    'Are they the same? | Do the pictures show the same object?',
  ),
  nth: of(
    'What [is/was/do you see/did you see] [in/on] the {o} [picture/image/drawing/photo]? | What [does/did] [the {o} picture/picture {n}/the {o} image] [show/contain]? | [And/What about/Describe/Name] [picture {n}/the {o} picture/image {n}/the {o} one]? | What [is/was] in [picture/image] {n}? | What is in the {o} picture? | What was in the {o} picture? | What is in picture {n}? | And picture {n}? | What did the {o} picture show? | What about the {o} picture? | Describe picture {n}. | What was in the {o} image? | What does picture {n} show? | Tell me again what picture {n} shows.',
    'What did you see in the {o} picture? | What was in picture {n}? | What does the {o} picture show?',
  ),
  newPicture: of(
    '[And/What about/What is in/What is on/Describe] [this one/this picture/the new one/that one/the next one]? | And this one? | And this? | What about this one? | What is in this picture? | What is in the picture? | What do you see now? | Now this one. | And here?',
    'And in this one? | What is in this one?',
  ),
  countAll: of(
    'How many [objects/shapes/things/items/figures] [are there/do you see/can you see/are in the picture/are in this image/are shown/does the picture show/are here]? | [Count/Please count] [the/all/all the] [objects/shapes/things]. | What is the [number/count] of [objects/shapes/things]? | How many objects are there? | How many shapes are there? | How many objects are in the picture? | Count the objects. | Count the shapes. | How many shapes do you see? | How many things do you see? | What is the number of objects? | How many are there? | How many objects can you count?',
    'How many shapes are in the picture? | How many objects do you see? | How many things are there? | Please count the objects.',
  ),
  countShape: of(
    'How many {p} [are there/do you see/can you see/are in the picture/are in this image/are shown]? | [Count/Please count] [the/all] {p}. | How many {p} are there? | How many {p} do you see? | Count the {p}. | How many {p} are in the picture? | What is the number of {p}?',
    'How many {p} can you see? | Please count the {p}.',
  ),
  countColour: of(
    'How many {c} [objects/shapes/things] [are there/do you see/can you see/are in the picture]? | [Count/Please count] [the/all] {c} [objects/shapes]. | How many {c} objects are there? | How many {c} shapes do you see? | Count the {c} objects. | How many {c} shapes are in the picture? | How many of them are {c}?',
    'How many {c} shapes are there? | How many {c} objects do you see?',
  ),
  where: of(
    'Where [is/do you see/lies] the {a}[/, relative to the {b}/, compared to the {b}/, seen from the {b}/ relative to the {b}/ compared with the {b}/ with regard to the {b}]? | [What is/Give/Tell me] the position of the {a} [relative to/with respect to/compared with/in relation to/as seen from] the {b}. | How does the {a} [lie/stand] [relative to/in relation to] the {b}? | In relation to the {b}, where is the {a}? | Where is the {a}? | Where is the {a} relative to the {b}? | Where is the {a} compared to the {b}? | Where do you see the {a}? | On which side of the {b} is the {a}? | What is the position of the {a} relative to the {b}?',
    'Where is the {a}, seen from the {b}? | Where does the {a} lie relative to the {b}? | Where is the {a} in relation to the {b}?',
  ),
  side: of(
    'Is the {a} {side} or {other} the {b}? | Is the {a} {other} or {side} the {b}?',
    'Does the {a} lie {side} or {other} the {b}?',
  ),
  nextTo: of(
    '[What/Which shape/Which object/What thing] [is/lies/stands] {side} the {b}? | What [do/can] you see {side} the {b}? | What is {side} the {b}? | Which object is {side} the {b}? | What do you see {side} the {b}?',
    'What lies {side} the {b}? | Which shape is {side} the {b}?',
  ),
  yesNoSide: of(
    '[Is/Does/Do you see] the {a}[ lie/ stand/] {side} the {b}? | Is it [true/right/correct/so] that the {a} [is/lies] {side} the {b}? | [Would you agree/Do you think/Do you find/Can you confirm/Could one say/Does it look to you] that the {a} [is/lies] {side} the {b}? | [Tell me/Say] whether the {a} is {side} the {b}. | Can you see the {a} {side} the {b}? | Is the {a} {side} the {b}? | Does the {a} lie {side} the {b}? | Is it true that the {a} is {side} the {b}?',
    'Do you see the {a} {side} the {b}? | Would you say that the {a} is {side} the {b}?',
  ),
  read: of(
    '[What/Which text/Which word] [is written/is printed/do you see/can you read] [here/there/in the picture/on the image]? | [Read/Please read] [it/the text/the word/this/the text in the picture/what is written]. | What does it say? | What is written here? | Read the text. | What does the text say? | Which word do you see? | What is printed here? | What word is it? | Read it. | What is written in the picture? | What text is in the picture? | Read the word.',
    'Read the text in the picture. | What does the picture say? | What is written there? | Which text do you see?',
  ),
  number: of(
    '[What/Which] number [is it/is in the picture/do you see/is shown/is this/can you read]? | What number is it? | What number is in the picture? | Read the number. | Which number do you see? | What number is shown?',
    'Which number is in the picture? | What number do you see?',
  ),
  box: of(
    '[Give/Give me/Show/Output/Return] the [box/bounding box/coordinates/location] of the {a}[/ in the picture/ in this image]. | [Find/Detect/Locate/Mark/Ground] the {a}[/ in the picture/ in the image/ with a box/ and give its box]. | Where is the {a}? Give [its/the] [box/bounding box/coordinates]. | Give the bounding box of the {a}. | Detect the {a}. | Locate the {a}. | Give the box of the {a}. | Show me the box of the {a}. | Find the {a} and give its box. | Where is the {a}? Answer with a box. | Output the bounding box of the {a}. | Ground the {a}. | What are the coordinates of the {a}? | Draw a box around the {a}. | Mark the {a}. | Point out the {a} with a box.',
    'Find the {a} and give its bounding box. | Give me the bounding box of the {a}. | Locate the {a} in the picture. | Detect the {a} in the image.',
  ),
  whereBox: of(
    'Where [is/do you see/can you see] [it/the {a}/the {s}/this {s}][/ in the picture/ in the image]? | Where is it? | Where is the {a}? | Where is the {s}? | Show me where it is. | Give its box.',
    'Where do you see it? | Where is the {a} in the picture?',
  ),
  boxAll: of(
    '[Detect/Locate/Find/Mark] [all/all the/every one of the] [objects/shapes]. | [Give/Give me/Output] the [boxes/bounding boxes] of [all/all the] [objects/shapes]. | Detect all objects. | Give the boxes of all objects. | Locate all shapes. | Find all objects and give their boxes. | Draw a box around each object. | Detect every shape.',
    'Give the bounding boxes of all objects. | Locate all objects in the picture.',
  ),
  json: of(
    '[Describe/Summarize] [the/this] [picture/image/drawing/photo] [as/in] [JSON/a JSON object]. | [Give me/Return/Output/Answer with] [color and shape/the color and the shape/a JSON object/JSON] [as JSON/in JSON/with color and shape]. | What [is in the picture/do you see]? [Answer in/Answer as/Reply in/Use] JSON. | Answer in JSON. | Describe the picture as JSON. | Give the color and shape as JSON. | What is in the picture? Answer as JSON. | Give me a JSON object. | Output JSON with color and shape. | Return color and shape in JSON. | Answer with a JSON object.',
    'Describe the picture as a JSON object. | What is in the picture? Answer in JSON. | Return a JSON object with color and shape.',
  ),
  jsonAll: of(
    '[List/Give/Give me/Return/Output] [all/the] objects [as/in] [JSON/a JSON list/a JSON array]. | List all objects as JSON. | Answer in JSON with all objects. | Give a JSON list of the objects. | List the objects in JSON. | Return all objects as a JSON array.',
    'Give me all objects as JSON. | Return a JSON list of all objects.',
  ),
  jsonBox: of(
    '[Give/Output/Return] the [box/bounding box/bbox] of the {a} [as/in] JSON. | [Locate/Detect/Find] the {a}[,/ and] [answer in/output/reply in] JSON. | Give the box of the {a} as JSON. | Locate the {a}, output its bbox coordinates using JSON format. | Detect the {a} and answer in JSON. | Bounding box of the {a} in JSON. | Output the bbox of the {a} as JSON.',
    'Give the bounding box of the {a} as JSON. | Locate the {a} and answer in JSON.',
  ),
  jsonCount: of(
    '[Count/How many are] the [objects/shapes]? [Answer in/Answer as/Output/Reply in] JSON. | How many objects are there? Answer in JSON. | Give the number of objects as JSON. | Count the objects and answer as JSON. | Count the shapes. Output JSON.',
    'Count the objects. Answer in JSON. | How many shapes are there? Answer as JSON.',
  ),
  jsonText: of(
    '[Read the text/What does it say/Give the text]. [Answer in/Answer as/Output] JSON. | Read the text and answer in JSON. | Give the text as JSON. | What does it say? Answer as JSON. | Output the text in JSON.',
    'Read the text. Answer in JSON.',
  ),
  video: of(
    'What [happens/is happening/is going on/can you see/do you see/changes] [in the video/in this video/in the clip/here/in this clip]? | [Describe/Please describe/Summarize] [the/this] [video/clip]. | What does [the/this] [video/clip] show? | [Tell me/Say] what [happens/is happening][/ in the video]. | What happens in the video? | What happens? | Describe the video. | What do you see in the video? | What is going on in the video? | What does the video show? | What happens in this video? | Describe this video. | Tell me what happens. | What changes in the video?',
    'What is happening in the video? | What happens here? | Please describe the video. | What happens in this clip?',
  ),
  direction: of(
    '[In which direction/In what direction/Which way/Where] does [it/the {s}/the {a}/the object] [move/go/travel]? | In which direction does it move? | Which way does it move? | Where does it move? | In which direction does the {s} move? | Which direction does the {a} move? | How does it move? | Where does the {s} go?',
    'In what direction does it move? | Which way does the {s} go? | Which way does the {s} move?',
  ),
  change: of(
    'What [changes/changed/is changing/is different/is the change] [in the video/in this video/here/and when/over time]? | What changes? | What is changing? | What changes in the video, and when? | Which change do you see? | What changed?',
    'What changes in this video? | What is the change?',
  ),
  when: of(
    '[When/At which second/At what second/At what time/At which time/At which moment] [does it happen/does it change/does this happen/does that happen/is the change/is it]? | When does it happen? | When does it change? | At which second does it change? | When does this happen? | At what time does it happen? | When exactly? | At which second? | When is the change?',
    'At what second does it change? | When does the change happen? | At which time does it happen?',
  ),
  hello: of('Hello | Hi | Hello! | Hi! | Hey | Good morning | Hi there | Hello there', 'Good evening | Hey there!'),
  thanks: of('Thanks | Thank you | Thank you! | Thanks! | Great | OK | Good | Well done', 'Thanks a lot | Very good'),
  who: of(
    'Who are you? | What are you? | What can you do? | Help | What is your name? | Which model are you? | How can you help me?',
    'What can you help me with? | What kind of model are you?',
  ),
}

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
