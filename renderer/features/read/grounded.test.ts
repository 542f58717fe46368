import { expect, test } from 'vitest'
import type { ImageAttachment, Message } from '#contract'
import { groundAnswer, picturesBefore } from './grounded.ts'

const attachment = (name: string, width: number, height: number): ImageAttachment => ({ sha: name.padEnd(64, '0'), kind: 'image', mime: 'image/png', name, bytes: 1, width, height })
const message = (id: string, over: Partial<Message>): Message => ({
  id, conversationId: 'c', parentId: null, role: 'user', parts: [], format: null, status: 'complete', error: null, model: null, usage: null, timings: null, seen: null, leftOut: 0, beside: null, createdAt: 1, siblings: [id], ...over,
})
const image = (name: string, width: number, height: number) => ({ type: 'image' as const, attachment: attachment(name, width, height) })

const first = message('q1', { parts: [image('a', 400, 200)] })
const second = message('q2', { parentId: 'a1', parts: [image('b', 100, 300), image('c', 50, 50)] })
const answer = message('a2', {
  parentId: 'q2', role: 'assistant',
  seen: { family: 'qwen25vl', media: [{ width: 56, height: 28, frames: 1, tokens: 2 }, { width: 28, height: 84, frames: 1, tokens: 3 }, { width: 56, height: 56, frames: 1, tokens: 4 }] },
})
const state = { order: ['q1', 'a1', 'q2', 'a2'], messages: { q1: first, a1: message('a1', { role: 'assistant', parentId: 'q1' }), q2: second, a2: answer } }

test('the pictures before an answer carry the sizes in which the model got them', () => {
  expect(picturesBefore(state, answer)).toMatchObject([
    { attachment: { name: 'a' }, model: { width: 56, height: 28 }, isAsked: false },
    { attachment: { name: 'b' }, model: { width: 28, height: 84 }, isAsked: true },
    { attachment: { name: 'c' }, model: { width: 56, height: 56 }, isAsked: true },
  ])
  expect(picturesBefore(state, { ...answer, seen: null })).toEqual([])
  expect(picturesBefore(state, { ...answer, leftOut: 2 })).toEqual([])
  expect(picturesBefore(state, { ...answer, leftOut: 2, seen: { family: 'qwen2vl', media: answer.seen!.media.slice(1) } })).toHaveLength(2)
})

test('marks lie on the picture that their line names, else on the last of the question', () => {
  const text = 'Picture 1: {"bbox_2d": [28, 14, 56, 28], "label": "x"}\n{"bbox_2d": [0, 0, 28, 28], "label": "y"}'
  expect(groundAnswer(text, answer, picturesBefore(state, answer)).pictures).toMatchObject([
    { attachment: { name: 'a' }, numbers: [0], marks: [{ label: 'x', shape: { x1: 200, y1: 100, x2: 400, y2: 200 } }] },
    { attachment: { name: 'c' }, numbers: [1], marks: [{ label: 'y', shape: { x1: 0, y1: 0, x2: 25, y2: 25 } }] },
  ])
})

test('without pictures marks lie nowhere', () => {
  expect(groundAnswer('{"bbox_2d": [0, 0, 28, 28]}', answer, []).pictures).toEqual([])
})
