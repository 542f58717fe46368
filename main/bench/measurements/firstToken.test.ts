import { expect, it } from 'vitest'
import type { AnswerResult } from '../../headless.ts'
import { explained } from './firstToken.ts'

const returned = (cachedTokens: number, ttftMs: number, ...states: string[]) => ({
  result: { usage: { cachedTokens, promptTokens: 900 }, timings: { ttftMs, encodeMs: 12.4 } } as AnswerResult,
  states,
})
const left = returned(0, 1000, 'state.unsaved, why: disk failed')

it('says nothing of a conversation that was there, quickly', () => {
  expect(explained(1, left, returned(850, 90, 'state.entered, tokens: 850, wanted: 900, why: null'), 1000)).toBeNull()
})

it.each([
  ['was not there', 12, 90],
  ['took long all the same', 850, 700],
])('tells of one that %s how it was left and found', (_, cached, ttftMs) => {
  const entered = `state.entered, tokens: ${cached}, wanted: 900, why: nothing saved`
  expect(explained(2, left, returned(cached, ttftMs, entered), 1000)).toBe(
    `resume, run 2: ${cached} of 900 tokens were there, pictures took 12 ms (state.unsaved, why: disk failed; ${entered})`,
  )
})
