import { expect, test } from 'vitest'
import { fuzzyFilter } from './fuzzy.ts'

const find = (query: string, ...items: string[]): readonly string[] => fuzzyFilter(query, items, (item) => item)

test('the letters of each word have to be there in their order', () => {
  expect(find('rat', 'Read all text', 'Translate', 'Count')).toEqual(['Read all text', 'Translate'])
  expect(find('csv table', 'Table to CSV', 'Table')).toEqual(['Table to CSV'])
  expect(find('tt', 'Text')).toEqual(['Text'])
  expect(find('ttt', 'Text')).toEqual([])
})

test('whole words and beginnings of words go first, all else stays in its order', () => {
  expect(find('count', 'Discount', 'Compare our numbers, too', 'Count')).toEqual([
    'Count',
    'Discount',
    'Compare our numbers, too',
  ])
  expect(find('  ', 'b', 'a')).toEqual(['b', 'a'])
  expect(find('a', 'a 1', 'a 2')).toEqual(['a 1', 'a 2'])
})

test('accents and case do not count', () => {
  expect(find('GROSSE', 'Größe', 'grosse')).toEqual(['grosse'])
  expect(find('creme', 'Crème')).toEqual(['Crème'])
})
