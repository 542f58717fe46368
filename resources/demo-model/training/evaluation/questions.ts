import { readFileSync } from 'node:fs'
import sharp from 'sharp'
import type { AnswerRequest, ChatMessage, ChatPart, Source } from '../../../../main/headless.ts'
import { makeConversation } from '../generator/abilities.ts'
import { chinese } from '../generator/chinese.ts'
import { Writer } from '../generator/conversation.ts'
import type { Ability, Conversation, Media } from '../generator/conversation.ts'
import { drawScene } from '../generator/draw.ts'
import { english } from '../generator/english.ts'
import { languages } from '../generator/language.ts'
import { singleScene } from '../generator/layout.ts'
import { Random } from '../generator/random.ts'
import type { Scene } from '../generator/scene.ts'
import { VIDEO_FPS } from '../generator/video.ts'

/** Questions that have nothing to do with drawings; training has none of them. */
export const unrelatedQuestions: readonly string[] = readFileSync(
  new URL('./unrelatedQuestions.txt', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n')

/** `count` conversations about an ability, English and Chinese in turn; training never sees these seeds. */
export function evaluationConversations(ability: Ability, count: number, seed: string): Conversation[] {
  return Array.from({ length: count }, (_, i) =>
    makeConversation(new Random(`evaluation/${seed}/${ability}/${i}`), ability, 'evaluate', languages[i % 2]),
  )
}

/** Each unrelated question (or `count` of them, spread over the list), every other one beside a picture. */
export function unrelatedConversations(count: number, seed: string): Conversation[] {
  const chosen = Array.from(
    { length: count },
    (_, i) => unrelatedQuestions[Math.floor((i * unrelatedQuestions.length) / count)]!,
  )
  return chosen.map((question, i) => {
    const writer = new Writer()
    const voice = /\p{Script=Han}/u.test(question) ? chinese : english
    const scene = singleScene(new Random(`evaluation/${seed}/unrelated/${i}`))
    writer.exchange(
      { question, answer: voice.unknown },
      i % 2 === 1 ? writer.add({ type: 'image', frames: [scene] }) : [],
    )
    return {
      ability: 'unknown',
      language: voice.language,
      messages: writer.messages,
      media: writer.media,
      branches: [],
      maxTokens: 24,
    }
  })
}

/** What the engine is asked: the conversation without its last answer. `defaults`: of the demo model. */
export async function requestFor(
  conversation: Conversation,
  model: AnswerRequest['model'],
  defaults: Pick<AnswerRequest, 'budget' | 'sampling'>,
): Promise<AnswerRequest> {
  const media = await Promise.all(conversation.media.map(toPart))
  const messages = conversation.messages.slice(0, -1).map(
    ({ role, content }): ChatMessage => ({
      role,
      content: content.map((part) => (typeof part === 'string' ? { type: 'text', text: part } : media[part]!)),
    }),
  )
  return { model, messages, budget: defaults.budget, contextTokens: 1024, maxTokens: 160, sampling: defaults.sampling }
}

async function toPart({ type, frames }: Media): Promise<ChatPart> {
  const sources = await Promise.all(frames.map(toSource))
  return type === 'image' ? { type, source: sources[0]! } : { type, frames: sources, fps: VIDEO_FPS }
}

async function toSource(scene: Scene): Promise<Source> {
  const { data, width, height } = drawScene(scene).canvas
  return {
    bytes: await sharp(data, { raw: { width, height, channels: 3 } })
      .png({ compressionLevel: 1 })
      .toBuffer(),
    name: 'drawing.png',
  }
}
