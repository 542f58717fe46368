import { expect, test } from 'vitest'
import { placeOf } from './place.ts'

test.each([
  ['models', { part: 'library', modelId: null }],
  ['models/get', { part: 'get', modelId: null }],
  ['models/downloads', { part: 'downloads', modelId: null }],
  ['models/m/a%2Fb', { part: 'library', modelId: 'a/b' }],
  ['models/m', { part: 'library', modelId: null }],
  ['models/nothing', { part: 'library', modelId: null }],
  ['modelship', null],
  ['settings', null],
  [null, null],
])('the address %s', (page, place) => {
  expect(placeOf(page)).toEqual(place)
})

test('an address that cannot be decoded opens the list', () => {
  expect(placeOf('models/m/%E0%A4')).toEqual({ part: 'library', modelId: null })
})
