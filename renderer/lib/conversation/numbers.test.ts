import type { Message } from '#contract'
import { expect, test } from 'vitest'
import { mediaOfPath, mediaUpTo, numbersOf } from './numbers.ts'

const part = (type: 'text' | 'image' | 'video') => ({ type }) as Message['parts'][number]
const message = (role: Message['role'], parts: Message['parts'], mediaBefore?: Message['mediaBefore']) =>
  ({ role, parts, ...(mediaBefore && { mediaBefore }) }) as Message

test('pictures and videos are numbered on from those before, each kind for itself; words and answers have no number', () => {
  const parts = [part('text'), part('image'), part('video'), part('image')]
  expect(numbersOf(message('user', parts))).toEqual([null, 1, 1, 2])
  expect(numbersOf(message('user', parts, { pictures: 2, videos: 1 }))).toEqual([null, 3, 2, 4])
  expect(numbersOf(message('assistant', [part('image')], { pictures: 2, videos: 0 }))).toEqual([null])
})

test('what is composed goes on from the last message that is shown', () => {
  const question = message('user', [part('image'), part('video')], { pictures: 2, videos: 0 })
  expect(mediaUpTo(question)).toEqual({ pictures: 3, videos: 1 })
  const answer = message('assistant', [part('text')], { pictures: 3, videos: 1 })
  expect(mediaOfPath({ order: ['q', 'a'], messages: { q: question, a: answer } })).toEqual({ pictures: 3, videos: 1 })
  expect(mediaOfPath({ order: [], messages: {} })).toEqual({ pictures: 0, videos: 0 })
})
