import { expect, test } from 'vitest'
import type { ImageAttachment, Message } from '#contract'
import { mediaBefore } from '../../lib/conversation/state.ts'
import { groundAnswer, mediaSeen } from './grounded.ts'

const attachment = (name: string, width: number, height: number): ImageAttachment => ({
  sha: name.padEnd(64, '0'),
  kind: 'image',
  mime: 'image/png',
  name,
  bytes: 1,
  width,
  height,
})
const message = (id: string, over: Partial<Message>): Message => ({
  id,
  conversationId: 'c',
  parentId: null,
  role: 'user',
  parts: [],
  format: null,
  status: 'complete',
  error: null,
  model: null,
  usage: null,
  timings: null,
  seen: null,
  leftOut: 0,
  beside: null,
  createdAt: 1,
  siblings: [id],
  ...over,
})
const image = (name: string, width: number, height: number) => ({
  type: 'image' as const,
  attachment: attachment(name, width, height),
})

const first = message('q1', { parts: [image('a', 400, 200)] })
const second = message('q2', {
  parentId: 'a1',
  mediaBefore: { pictures: 1, videos: 0 },
  parts: [image('b', 100, 300), image('c', 50, 50)],
})
const answer = message('a2', {
  parentId: 'q2',
  role: 'assistant',
  seen: {
    family: 'qwen25vl',
    media: [
      { width: 56, height: 28, frames: 1, tokens: 2 },
      { width: 28, height: 84, frames: 1, tokens: 3 },
      { width: 56, height: 56, frames: 1, tokens: 4 },
    ],
  },
})
const messages = { q1: first, a1: message('a1', { role: 'assistant', parentId: 'q1' }), q2: second, a2: answer }
/** What an answer's model got, where all messages, in their order, are loaded. */
const seenIn = (all: Record<string, Message>, answer: Message) =>
  mediaSeen(mediaBefore({ order: Object.keys(all), messages: all, media: null }, answer) ?? [], answer)

test('the pictures before an answer carry the sizes in which the model got them', () => {
  expect(seenIn(messages, answer)).toMatchObject([
    { attachment: { name: 'a' }, model: { width: 56, height: 28 }, isOfQuestion: false },
    { attachment: { name: 'b' }, model: { width: 28, height: 84 }, isOfQuestion: true },
    { attachment: { name: 'c' }, model: { width: 56, height: 56 }, isOfQuestion: true },
  ])
  expect(seenIn(messages, { ...answer, seen: null })).toEqual([])
  expect(seenIn(messages, { ...answer, leftOut: 2 })).toEqual([])
  expect(
    seenIn(messages, { ...answer, leftOut: 2, seen: { family: 'qwen2vl', media: answer.seen!.media.slice(1) } }),
  ).toHaveLength(2)
})

test('marks lie on the picture that their line names, else on the last of the question', () => {
  const text = 'Picture 1: {"bbox_2d": [28, 14, 56, 28], "label": "x"}\n{"bbox_2d": [0, 0, 28, 28], "label": "y"}'
  expect(groundAnswer(text, answer, seenIn(messages, answer)).pictures).toMatchObject([
    { attachment: { name: 'a' }, numbers: [0], marks: [{ label: 'x', shape: { x1: 200, y1: 100, x2: 400, y2: 200 } }] },
    { attachment: { name: 'c' }, numbers: [1], marks: [{ label: 'y', shape: { x1: 0, y1: 0, x2: 25, y2: 25 } }] },
  ])
})

test('a picture keeps its number where the messages before it were left out', () => {
  const seen = { family: 'qwen25vl' as const, media: answer.seen!.media.slice(1) }
  const later = { ...answer, leftOut: 2, seen }
  const text = 'Picture 2: {"bbox_2d": [0, 0, 28, 84], "label": "x"}'
  expect(groundAnswer(text, later, seenIn(messages, later)).pictures).toMatchObject([
    { attachment: { name: 'b' }, number: 2, marks: [{ label: 'x' }] },
  ])
})

test('without pictures marks lie nowhere', () => {
  expect(groundAnswer('{"bbox_2d": [0, 0, 28, 28]}', answer, []).pictures).toEqual([])
})

test('with a video among them, pictures and videos keep their own sizes; a mark with a time lies on the video', () => {
  const sample = { range: null, wishedFps: 2, fps: 2, indices: [0, 1], timesMs: [500, 1000], width: 28, height: 28 }
  const video = {
    type: 'video',
    attachment: {
      ...attachment('v', 640, 320),
      kind: 'video',
      durationMs: 2000,
      frames: 4,
      fps: 2,
      codec: null,
      startMs: 200,
    },
    key: 'k',
    sample,
  } as unknown as Message['parts'][number]
  const asked = message('q', { parts: [image('a', 400, 200), video] })
  const given = message('r', {
    parentId: 'q',
    role: 'assistant',
    seen: {
      family: 'qwen25vl',
      media: [
        { width: 56, height: 28, frames: 1, tokens: 2 },
        { width: 56, height: 28, frames: 2, tokens: 2 },
      ],
    },
  })
  const text =
    'Picture 1: {"bbox_2d": [28, 14, 56, 28]}\n[{"time": 0.5, "bbox_2d": [28, 14, 56, 28]}]\n{"bbox_2d": [0, 0, 28, 14]}'
  const { pictures, videos } = groundAnswer(text, given, seenIn({ q: asked, r: given }, given))
  expect(pictures).toMatchObject([
    { attachment: { name: 'a' }, numbers: [0], marks: [{ shape: { x1: 200, y1: 100, x2: 400, y2: 200 } }] },
  ])
  expect(videos).toMatchObject([
    {
      id: 'q/1',
      startMs: 500,
      numbers: [1, 2],
      marks: [
        { time: 0.5, shape: { x1: 320, y1: 160, x2: 640, y2: 320 } },
        { time: null, shape: { x2: 320, y2: 160 } },
      ],
    },
  ])
  // Qwen3-VL was told when each frame is shown in its file, and marks in thousandths
  const told = { ...given, seen: { ...given.seen!, family: 'qwen3vl' as const } }
  const seen = groundAnswer(
    '[{"time": 0.8, "bbox_2d": [500, 500, 1000, 1000]}]',
    told,
    seenIn({ q: asked, r: told }, told),
  )
  expect(seen.videos).toMatchObject([
    { startMs: 200, marks: [{ time: 0.8, shape: { x1: 320, y1: 160, x2: 640, y2: 320 } }] },
  ])
})

const acting = (parser: 'action' | 'marks', space: 'shares' | null) =>
  ({ id: 'p', name: 'Profile', parser, space }) as const

test('the answer of a screen model is read in parts, its places in the space of its profile', () => {
  const screen = { x: 10, y: 20, scale: 2 }
  const asked = message('q', { parts: [{ ...image('s', 400, 200), screen }] })
  const seen = (profile: ReturnType<typeof acting>): Message['seen'] => ({
    family: 'qwen2vl',
    media: [{ width: 56, height: 28, frames: 1, tokens: 2 }],
    profile,
  })
  const given = (profile: ReturnType<typeof acting>) =>
    message('r', { parentId: 'q', role: 'assistant', seen: seen(profile) })
  const ground = (text: string, answer: Message) => groundAnswer(text, answer, seenIn({ q: asked, r: answer }, answer))
  const text =
    "{'action': 'ENTER', 'value': None, 'position': None}\n{'action': 'CLICK', 'value': None, 'position': [0.5, 0.25]}"
  const { steps, pictures, space } = ground(text, given(acting('action', 'shares')))
  expect(space).toBe('shares')
  expect(steps).toMatchObject({ numbers: [null, 0], actions: [{ kind: 'key' }, { kind: 'click' }] })
  expect(pictures).toMatchObject([
    { screen, numbers: [0], marks: [{ shape: { type: 'point', x: 200, y: 50 }, label: 'Click' }] },
  ])
  // the space of the family where the profile has none; words alone are no steps
  expect(ground('(500, 250)', given(acting('action', null))).pictures).toMatchObject([
    { marks: [{ shape: { type: 'point', x: 200, y: 50 } }] },
  ])
  expect(ground('I cannot see that.', given(acting('action', null))).steps).toBeNull()
  expect(ground('(500, 250)', given(acting('marks', null)))).toMatchObject({ steps: null, marks: [] })
})
