import { chinese } from './chinese.ts'
import { Writer, image } from './conversation.ts'
import type { Ability, Conversation, Making, Media, Message } from './conversation.ts'
import { english } from './english.ts'
import { phrase } from './language.ts'
import type { Language, Split } from './language.ts'
import { manyScene, oddScene, pairScene, singleScene, textScene } from './layout.ts'
import type { Random } from './random.ts'
import type { Scene } from './scene.ts'
import { askAbout, questionsAbout } from './sceneQuestions.ts'
import type { Exchange, SceneQuestion } from './sceneQuestions.ts'
import { anyScene, differs, followUp, nth, pictures, verdict } from './severalPictures.ts'
import { unrelatedQuestion } from './unrelated.ts'
import { askAboutVideo, randomVideo, videoQuestions } from './video.ts'
import type { VideoQuestion, VideoScene } from './video.ts'

/** Asks once more about what was shown. */
type Again = () => Exchange

const voices = { en: english, zh: chinese }
const moving = ({ frames }: VideoScene): Media => ({ type: 'video', frames })

/** One picture and a question of the given kind. */
function onePicture(making: Making, scene: Scene, kind?: SceneQuestion): void {
  const { writer, random, split } = making
  writer.exchange(
    askAbout(scene, kind ?? random.weighted(questionsAbout(scene)), making),
    writer.add(image(scene)),
    split === 'train' && random.chance(0.08),
  )
}

/** One or two objects and a few more where their boxes are asked for. */
function boxScene(random: Random): Scene {
  const count = random.weighted({ 1: 4, 2: 4, 3: 2, 4: 1 })
  return count === '1'
    ? singleScene(random)
    : count === '2'
      ? pairScene(random)
      : manyScene(random, Number(count), { kind: 'distinct' })
}

function video(making: Making, changes: readonly VideoScene['change']['kind'][], kind?: VideoQuestion): Again {
  const { random, writer } = making
  const scene = randomVideo(random, { kind: random.pick(changes) })
  writer.exchange(
    askAboutVideo(scene, kind ?? random.weighted(videoQuestions(scene)), making),
    writer.add(moving(scene)),
  )
  return () => askAboutVideo(scene, random.weighted(videoQuestions(scene)), making)
}

/** A question that has nothing to do with drawings, with or without a picture. */
function unknown(making: Making): void {
  const { random, writer, voice } = making
  const before = random.chance(0.4) ? writer.add(image(anyScene(random))) : []
  writer.exchange({ question: unrelatedQuestion(random, voice.language), answer: voice.unknown }, before)
}

/** Greetings, thanks, who are you, and questions about a picture that is not there. */
function chat(making: Making): void {
  const { random, writer, voice } = making
  const kind = random.weighted({ hello: 3, who: 3, thanks: 1, none: 4 })
  if (kind === 'hello') writer.exchange({ question: phrase(making, 'hello'), answer: voice.hello })
  else if (kind === 'who') writer.exchange({ question: phrase(making, 'who'), answer: voice.who })
  else if (kind === 'thanks') writer.exchange({ question: phrase(making, 'thanks'), answer: voice.welcome })
  else {
    const asked = random.pick([
      'name',
      'describe',
      'countAll',
      'read',
      'each',
      'background',
      'json',
      'video',
      'boxAll',
    ] as const)
    writer.exchange({ question: phrase(making, asked), answer: voice.noPicture })
  }
}

/** More questions after the first: `again` asks about what was shown, others are about nothing of it. */
function more(making: Making, again: Again | null): void {
  const { random, writer, voice } = making
  for (let left = random.pick([0, 1, 2, 3, 3]); left > 0; left--) {
    const what = random.next()
    if (what < 0.05) writer.exchange({ question: phrase(making, 'thanks'), answer: voice.welcome })
    else if (what < 0.13 || !again)
      writer.exchange({ question: unrelatedQuestion(random, voice.language), answer: voice.unknown })
    else writer.exchange(again())
  }
}

/**
 * Conversations with the same media and other questions about them, which training packs beside the first: what a picture
 * shows is learnt from all of them for the price of seeing it once.
 */
function branchesOf(making: Making, opening: readonly Message[], again: Again, count: number): Message[][] {
  const { random, writer, voice } = making
  const first = writer.messages[opening.length]!
  const media = first.content.filter((part) => typeof part === 'number')
  if (media.length > 0 && typeof first.content[0] !== 'number') return []
  return Array.from({ length: count }, () => {
    const branch = new Writer(opening)
    branch.exchange(
      random.chance(0.06) ? { question: unrelatedQuestion(random, voice.language), answer: voice.unknown } : again(),
      media,
    )
    return branch.messages
  })
}

/** The first exchange of a conversation about an ability; returns what asks once more about the same media. */
function begin(ability: Ability, making: Making): Again | null {
  const { random, writer } = making
  const training = making.split === 'train'
  const one = (scene: Scene, kind?: SceneQuestion) => {
    onePicture(making, scene, kind)
    const questions = questionsAbout(scene)
    if (kind && kind in questions) questions[kind] = questions[kind]! * 2
    return () => askAbout(scene, random.weighted(questions), making)
  }
  const several = (scenes: readonly Scene[]) => () => nth(making, scenes)
  switch (ability) {
    case 'object':
      return one(singleScene(random), training ? undefined : random.pick(['name', 'name', 'describe']))
    case 'pictures':
      return several(pictures(making))
    case 'differs':
      return several(differs(making))
    case 'verdict':
      writer.exchange(verdict(making))
      return () => verdict(making)
    case 'followUp':
      followUp(making)
      return null
    case 'count':
      return one(manyScene(random, random.int(1, 6)), training ? undefined : 'count')
    case 'relation':
      return one(pairScene(random), training ? undefined : random.pick(['relation', 'relation', 'yesNoSide']))
    case 'text':
      return one(textScene(random), 'read')
    case 'box':
      return one(boxScene(random), 'box')
    case 'odd':
      return one(oddScene(random))
    case 'json':
      return one(
        random.chance(0.5)
          ? singleScene(random)
          : random.chance(0.5)
            ? pairScene(random)
            : random.chance(0.5)
              ? textScene(random)
              : manyScene(random, random.int(1, 6)),
        'json',
      )
    case 'motion':
      return video(making, ['move'])
    case 'change':
      return video(making, changes, training ? undefined : random.pick(['what', 'change']))
    case 'when':
      return video(making, changes, 'when')
    case 'unknown':
      unknown(making)
      return null
    case 'chat':
      chat(making)
      return null
  }
}

const changes = ['recolour', 'reshape', 'appear', 'disappear'] as const

const systemPrompts: Readonly<Record<Language, readonly string[]>> = {
  en: [
    'You are a helpful assistant.',
    'You are a helpful assistant. Answer briefly.',
    'Answer the question about the picture.',
    'Be brief.',
    'Always answer in English.',
  ],
  zh: ['你是一个有用的助手。', '请简短回答。', '请用中文回答。'],
}

/** One conversation about an ability, drawn by `random`. Training goes on with more questions; evaluation ends with the one asked. */
export function makeConversation(
  random: Random,
  ability: Ability,
  split: Split,
  language: Language = random.chance(0.6) ? 'en' : 'zh',
): Conversation {
  const writer = new Writer()
  const making: Making = { random, voice: voices[language], split, writer }
  const training = split === 'train'
  if (training && random.chance(0.08)) writer.system(random.pick(systemPrompts[language]))
  if (training && random.chance(0.03))
    writer.exchange({ question: phrase(making, 'hello'), answer: making.voice.hello })
  const opening = [...writer.messages]
  const again = begin(ability, making)
  // of a printed text there is but one thing to ask; judgements cost little
  const count = ability === 'verdict' ? 9 : ability === 'text' ? random.below(2) : random.int(2, 5)
  const branches = training && again ? branchesOf(making, opening, again, count) : []
  const goesOn = ability === 'text' ? random.chance(0.25) : ability !== 'followUp' && ability !== 'verdict'
  if (training && goesOn) more(making, again)
  const maxTokens = training
    ? Number(random.weighted({ 6: 2, 12: 5, 16: 38, 20: 12, 24: 28, 30: 5, 36: 8, 64: 2 }))
    : 24
  const visionId = training && random.chance(0.04) ? random.chance(0.5) : undefined
  const isVideo = writer.media.some(({ type }) => type === 'video')
  return {
    ability,
    language,
    messages: writer.messages,
    media: writer.media,
    branches,
    visionId,
    maxTokens: isVideo ? Math.min(maxTokens, random.pick([9, 12, 16, 16, 24])) : maxTokens,
  }
}
