import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { unrelatedQuestions } from '../evaluation/questions.ts'
import { makeConversation } from './abilities.ts'
import { Canvas } from './canvas.ts'
import type { Box } from './canvas.ts'
import { abilities } from './conversation.ts'
import type { Conversation } from './conversation.ts'
import { drawScene } from './draw.ts'
import { languages } from './language.ts'
import { manyScene, singleScene, textScene } from './layout.ts'
import { demoTemplate, frameExample, prepareMedia, renderPieces } from './prepare.ts'
import { Random } from './random.ts'
import { shapeNames } from './scene.ts'
import type { Scene } from './scene.ts'
import { boxIn } from './sceneQuestions.ts'
import { unrelatedQuestion } from './unrelated.ts'
import { randomVideo } from './video.ts'

const plain = { size: { width: 160, height: 120 }, background: 'white', style: 'plain' } as const
const conversations = (split: 'train' | 'evaluate', each: number): Conversation[] =>
  abilities.flatMap((ability) =>
    Array.from({ length: each }, (_, i) =>
      makeConversation(new Random(`test/${ability}/${i}`), ability, split, languages[i % 2]),
    ),
  )
const lastAnswer = ({ messages }: Conversation) => String(messages.at(-1)!.content[0])

/** The box around all pixels that differ from the corner's. */
function inkBox({ width, height, data }: Canvas): Box {
  let [left, top, right, bottom] = [width, height, 0, 0]
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3
      if (Math.abs(data[at]! - data[0]!) + Math.abs(data[at + 1]! - data[1]!) + Math.abs(data[at + 2]! - data[2]!) < 40)
        continue
      left = Math.min(left, x)
      top = Math.min(top, y)
      right = Math.max(right, x + 1)
      bottom = Math.max(bottom, y + 1)
    }
  return { left, top, right, bottom }
}

describe('drawings', () => {
  test.each(shapeNames)('the box of a %s is where its pixels are', (shape) => {
    for (let i = 0; i < 8; i++) {
      const scene = singleScene(new Random(`${shape}/${i}`), { ...plain, thing: { colour: 'blue', shape } })
      const { canvas, marks } = drawScene(scene)
      const ink = inkBox(canvas)
      for (const side of ['left', 'top', 'right', 'bottom'] as const)
        expect(Math.abs(marks[0]!.box[side] - ink[side])).toBeLessThanOrEqual(1.5)
      const [left, top, right, bottom] = boxIn(scene, scene.objects[0]!)
      expect([left / 1000, right / 1000].map((share) => Math.round(share * 160))).toEqual(
        [marks[0]!.box.left, marks[0]!.box.right].map((x) => Math.round(Math.floor((x / 160) * 1000) * 0.16)),
      )
      expect(top).toBeLessThan(bottom)
    }
  })

  test('printed characters stand in their boxes, one after the other', () => {
    for (let i = 0; i < 20; i++) {
      const { canvas, marks } = drawScene(textScene(new Random(`text/${i}`), plain))
      const ink = inkBox(canvas)
      expect(ink.left).toBeGreaterThanOrEqual(marks[0]!.box.left - 1.5)
      expect(ink.right).toBeLessThanOrEqual(marks.at(-1)!.box.right + 1.5)
      expect(Math.abs(ink.top - Math.min(...marks.map(({ box }) => box.top)))).toBeLessThanOrEqual(1.5)
      marks.slice(1).forEach(({ box }, k) => expect(box.left).toBeCloseTo(marks[k]!.box.right, 6))
    }
  })

  test('things that are counted do not touch', () => {
    for (let i = 0; i < 60; i++) {
      const { objects } = manyScene(new Random(`many/${i}`), 6)
      for (const [k, a] of objects.entries())
        for (const b of objects.slice(k + 1))
          expect(Math.max(Math.abs(a.x - b.x), Math.abs(a.y - b.y))).toBeGreaterThan(a.radius + b.radius)
    }
  })

  test('an area is filled as far as it covers each pixel', () => {
    const canvas = new Canvas(4, 1, [0, 0, 0])
    canvas.fill([Float64Array.of(0.5, 0, 2.25, 0, 2.25, 1, 0.5, 1)], [200, 100, 0])
    expect([...canvas.data]).toEqual([100, 50, 0, 200, 100, 0, 50, 25, 0, 0, 0, 0])
    const hole = new Canvas(3, 3, [0, 0, 0])
    hole.fill([Float64Array.of(0, 0, 3, 0, 3, 3, 0, 3), Float64Array.of(1, 1, 1, 2, 2, 2, 2, 1)], [9, 9, 9])
    expect(hole.data[4 * 3]).toBe(0)
    expect(hole.data[0]).toBe(9)
  })

  test('a video changes at the frame that its second says', () => {
    for (let i = 0; i < 40; i++) {
      const { frames, change } = randomVideo(new Random(`video/${i}`), { kind: 'recolour' })
      if (change.kind !== 'recolour') throw new Error('Another change than asked for')
      const first = frames.findIndex(({ objects }) => objects[0]!.colour === change.to.colour)
      expect(Math.floor(first / 2)).toBe(change.second)
      expect(change.second).toBeGreaterThan(0)
    }
  })
})

describe('conversations', () => {
  test('the same seed gives the same example to the byte, another seed another', () => {
    const bytes = (seed: string) => {
      const conversation = makeConversation(new Random(seed), 'pictures', 'train')
      return frameExample({
        ability: conversation.ability,
        pieces: renderPieces(conversation),
        media: conversation.media.map((one) => prepareMedia(one, 16)),
      })
    }
    expect(bytes('a').equals(bytes('a'))).toBe(true)
    expect(bytes('a').equals(bytes('b'))).toBe(false)
  })

  test('are written as the engine writes them', () => {
    for (const conversation of conversations('train', 6)) {
      const pieces = renderPieces(conversation)
      const parts = conversation.messages.slice(0, -1).map(({ role, content }) => ({
        role,
        content: content.map((part) =>
          typeof part === 'string'
            ? ({ type: 'text', text: part } as const)
            : ({ type: 'image', source: { path: String(part) } } as const),
        ),
      }))
      const videos = conversation.media.some(({ type }) => type === 'video')
      if (videos) continue
      const visionId = conversation.visionId ?? conversation.media.length > 1
      const asked = demoTemplate.render(parts, { visionId, plain: (text) => text }).replaceAll('<|image_pad|>', '<pad>')
      const taught = pieces.map(([kind, content]) => (kind === 'media' ? '<pad>' : content)).join('')
      expect(taught).toBe(`${asked}${lastAnswer(conversation)}<|im_end|>`)
    }
  })

  test('every answer is learnt but for what is given of it, and nothing else', () => {
    for (const conversation of conversations('train', 4)) {
      const answers = conversation.messages
        .filter(({ role }) => role === 'assistant')
        .map(({ content, given = '' }) => `${String(content[0]).slice(given.length)}<|im_end|>`)
      expect(
        renderPieces(conversation)
          .filter(([kind]) => kind === 'answer')
          .map(([, text]) => text)
          .join(''),
      ).toBe(answers.join(''))
    }
  })

  test('a judgement is given what it is about, in words that can be cut off there', () => {
    for (let i = 0; i < 60; i++) {
      const { messages, branches } = makeConversation(new Random(`given/${i}`), 'verdict', 'train')
      for (const { role, content, given } of [messages, ...branches].flatMap((all) => all.slice(-2))) {
        if (role !== 'assistant') continue
        // the tokens of both parts are those of the whole only where a mark ends a word
        if (given) expect(String(content[0]).slice(given.length)).toMatch(/^[.,。，]/u)
        expect(String(content[0]).startsWith(given ?? '')).toBe(true)
      }
    }
  })

  test('a printed text is spelt: each character of its answer is about the mark that shows it', () => {
    for (let i = 0; i < 40; i++) {
      const conversation = makeConversation(new Random(`spelt/${i}`), 'text', 'evaluate')
      const scene = conversation.media[0]!.frames[0]!
      const { marks } = drawScene(scene)
      const spelt = renderPieces(conversation).filter((piece) => piece.length === 3)
      expect(spelt.map(([, character]) => character).join('')).toBe(scene.text!.text)
      expect(spelt.map((piece) => piece[2])).toEqual(marks.map((_, at) => at))
    }
  })

  test('boxes, JSON and times have the forms that are promised', () => {
    const all = conversations('evaluate', 40)
    const of = (ability: string) => all.filter((conversation) => conversation.ability === ability).map(lastAnswer)
    for (const answer of of('box'))
      expect(answer).toMatch(
        /^<\|object_ref_start\|>[^<]+<\|object_ref_end\|><\|box_start\|>\(\d{1,3},\d{1,3}\),\(\d{1,3},\d{1,3}\)<\|box_end\|>$/,
      )
    for (const answer of of('json')) expect(() => JSON.parse(answer) as unknown).not.toThrow()
    for (const answer of of('when')) expect(answer).toMatch(/\b0:0[1-3]/)
  })

  test('no unrelated question of the evaluation is one of training', () => {
    const asked = new Set(
      Array.from({ length: 60_000 }, (_, i) => unrelatedQuestion(new Random(`u/${i}`), languages[i % 2]!)),
    )
    expect(new Set(unrelatedQuestions).size).toBe(200)
    expect(unrelatedQuestions.filter((question) => asked.has(question))).toEqual([])
  })
})

describe('the pipe', () => {
  const stream = (...argv: string[]) =>
    spawnSync(process.execPath, [fileURLToPath(new URL('./stream.ts', import.meta.url)), ...argv], {
      maxBuffer: 1 << 28,
    })

  test('carries headers and as many pixels as they say', () => {
    const { stdout, status } = stream('--seed', 'pipe', '--count', '12')
    expect(status).toBe(0)
    let at = 0
    let examples = 0
    while (at < stdout.length) {
      const length = stdout.readUInt32LE(at)
      const header = JSON.parse(stdout.toString('utf8', at + 4, at + 4 + length)) as {
        pieces: unknown[]
        media: { frames: number; width: number; height: number; labels: { marks: number[][] }[] }[]
      }
      at += 4 + length
      for (const { frames, width, height, labels } of header.media) {
        expect([width % 28, height % 28, labels.length]).toEqual([0, 0, frames])
        for (const mark of labels.flatMap(({ marks }) => marks)) expect(mark).toHaveLength(6)
        at += frames * width * height * 3
      }
      examples++
    }
    expect([examples, at]).toEqual([12, stdout.length])
  })

  test('a missing seed is refused with the usage', () => {
    const { status, stderr } = stream()
    expect(status).not.toBe(0)
    expect(stderr.toString()).toContain('--seed')
  })
})

test('the model is fed the size that the engine would choose, however large the drawing is', () => {
  const scene: Scene = { ...singleScene(new Random('size'), { size: { width: 640, height: 400 } }) }
  const { width, height, frames } = prepareMedia({ type: 'image', frames: [scene] }, 24)
  expect([width, height, frames[0]!.data.length]).toEqual([6 * 28, 3 * 28, 6 * 28 * 3 * 28 * 3])
})
