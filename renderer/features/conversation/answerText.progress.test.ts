import { expect, test } from 'vitest'
import { progressText } from './answerText.ts'

test.each([
  [{ phase: 'encoding', done: 1, total: 3 }, 'Looking at picture 2 of 3'],
  [{ phase: 'encoding', done: 2, total: 5, share: 0.4 }, 'Looking at picture 3 of 5 · 40\u00a0%'],
  [{ phase: 'encoding', done: 3, total: 3 }, 'Looking at picture 3 of 3'],
  [{ phase: 'encoding', done: 0, total: 1 }, 'Looking at the picture'],
  [{ phase: 'encoding', done: 0, total: 1, share: 0.07 }, 'Looking at the picture · 7\u00a0%'],
  [{ phase: 'reading', done: 1, total: 12 }, 'Reading page 2 of 12'],
  [{ phase: 'reading', done: 0, total: 1 }, 'Reading the page'],
  [{ phase: 'watching', done: 96, total: 384 }, 'Watching the video 25\u00a0%'],
  [{ phase: 'watching', done: 1, total: 4, share: 0.5 }, 'Watching the video 37\u00a0%'],
  [{ phase: 'prefill', done: 60, total: 100 }, 'Reading the prompt 60\u00a0%'],
  [{ phase: 'loading', done: 40, total: 100 }, 'Loading the model 40\u00a0%'],
  [{ phase: 'loading', done: 0, total: 0 }, 'Loading the model'],
  [{ phase: 'waiting', done: 0, total: 0 }, 'Waiting for another answer'],
] as const)('%j reads "%s"', (progress, words) => {
  expect(progressText(progress)).toBe(words)
})

test('before the first report the answer is starting', () => {
  expect(progressText(undefined)).toBe('Starting')
})
