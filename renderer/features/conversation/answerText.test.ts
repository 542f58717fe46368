import type { Message } from '#contract'
import { expect, test } from 'vitest'
import { figures } from './answerText.ts'

const answer = (over: Partial<Message>): Message => ({
  id: 'a',
  conversationId: 'c',
  parentId: 'q',
  role: 'assistant',
  parts: [],
  status: 'complete',
  error: null,
  model: 'One',
  usage: { promptTokens: 1200, imageTokens: 0, completionTokens: 8, cachedTokens: 0, contextTokens: 4096 },
  timings: { loadMs: 0, encodeMs: 0, prefillMs: 20, ttftMs: 30, tokensPerSecond: 5 },
  seen: null,
  leftOut: 0,
  beside: null,
  createdAt: 1,
  format: null,
  siblings: ['a'],
  ...over,
})
const labels = (answers: Message[]) => figures(answers).map(({ label }) => label)

test('an answer has the figures of what happened, and no others', () => {
  expect(labels([answer({})])).toEqual([
    'Model',
    'Reading the prompt',
    'First word after',
    'Speed',
    'Prompt tokens',
    'Answer tokens',
    'Context',
  ])
  expect(labels([answer({ timings: null, usage: null })])).toEqual(['Model'])
  expect(labels([answer({ model: null, timings: null, usage: null })])).toEqual([])
})

test('those of two answers stand in one line, with a dash where one has none', () => {
  const pictures = answer({
    model: 'Two',
    usage: { promptTokens: 1400, imageTokens: 200, completionTokens: 9, cachedTokens: 0, contextTokens: 4096 },
  })
  const failed = answer({ model: 'Two', usage: null, timings: null })
  expect(figures([answer({}), pictures])).toEqual(
    expect.arrayContaining([
      { label: 'Model', values: ['One', 'Two'] },
      { label: 'Prompt tokens', values: ['1,200', '1,400'] },
      { label: '– in pictures', values: ['–', '200'] },
    ]),
  )
  expect(figures([failed, answer({})]).find(({ label }) => label === 'Context')).toEqual({
    label: 'Context',
    values: ['–', '4,096'],
  })
})
