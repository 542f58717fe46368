import type { Message } from '#contract'
import { expect, test } from 'vitest'
import { mediaBefore } from '../../../lib/conversation/state.ts'
import { frameAt, videoAmong } from './seenVideo.ts'

const sample = {
  range: { startMs: 10_000, endMs: 12_000 },
  wishedFps: 2,
  fps: 2,
  indices: [0, 1, 2, 3],
  timesMs: [10_000, 10_500, 11_000, 11_500],
  width: 28,
  height: 28,
}
const video = { type: 'video', sample } as unknown as Message['parts'][number]
const frames = { type: 'frames', pictures: [1, 2, 3], fps: 2 } as unknown as Message['parts'][number]
const text: Message['parts'][number] = { type: 'text', text: 'When?' }

/** Questions, each below the one before it. */
const conversation = (...parts: Message['parts'][]) =>
  Object.fromEntries(
    parts.map((own, i) => [`q${i}`, { id: `q${i}`, parentId: i === 0 ? null : `q${i - 1}`, parts: own } as Message]),
  )
const answerTo = (parentId: string | null) => ({ id: 'a', parentId }) as Message
const videoIn = (messages: Record<string, Message>, answer: Message) =>
  videoAmong(mediaBefore({ order: Object.keys(messages), messages, media: null }, answer) ?? [])

test('the nearest video above is meant, the last one of a question', () => {
  expect(videoIn(conversation([video, frames, text]), answerTo('q0'))).toEqual({
    id: 'q0/1',
    startMs: 0,
    durationMs: 1500,
  })
  expect(videoIn(conversation([frames, text], [video], [text]), answerTo('q2'))?.id).toBe('q1/0')
})

test('a trimmed video begins where it was cut, and is as long as what was seen', () => {
  expect(videoIn(conversation([video, text]), answerTo('q0'))).toEqual({
    id: 'q0/0',
    startMs: 10_000,
    durationMs: 2000,
  })
})

test('without a video above there is none: neither one that comes later', () => {
  expect(videoIn(conversation([text], [video]), answerTo('q0'))).toBeNull()
  expect(videoIn(conversation([video]), answerTo(null))).toBeNull()
})

test('the frame at a time is the last one that began', () => {
  expect([9000, 10_000, 10_499, 10_990, 99_000].map((ms) => frameAt(sample.timesMs, ms))).toEqual(
    [null, 0, 1, 2, 3].map((place, i) => (i === 2 ? 1 : place)),
  )
  expect(frameAt(sample.timesMs, 10_200)).toBe(0)
})
