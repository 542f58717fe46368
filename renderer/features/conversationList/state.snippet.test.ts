import { expect, test } from 'vitest'
import { splitSnippet } from './state.ts'

test('hits are told from the text around them', () => {
  expect(splitSnippet('a \u0002red\u0003 circle and a \u0002red\u0003')).toEqual([
    { text: 'a ', hit: false },
    { text: 'red', hit: true },
    { text: ' circle and a ', hit: false },
    { text: 'red', hit: true },
  ])
})

test('a snippet cut off within a hit still ends', () => {
  expect(splitSnippet('x \u0002re')).toEqual([
    { text: 'x ', hit: false },
    { text: 're', hit: true },
  ])
  expect(splitSnippet('')).toEqual([])
})
