import { describe, expect, test } from 'vitest'
import { readPages, writePages } from './pageRanges.ts'

describe('a list of pages', () => {
  test.each([
    ['1-3, 7', [1, 2, 3, 7]],
    ['7,1 - 3;2', [1, 2, 3, 7]],
    ['1-3，7、9', [1, 2, 3, 7, 9]],
    ['9–', [9, 10]],
    ['-2', [1, 2]],
    ['', []],
    [' , 4 ,', [4]],
  ])('"%s" names them, rising and each once', (text, pages) => {
    expect(readPages(text, 10)).toEqual(pages)
  })

  test.each([
    ['two', '"two" is no page. Write pages as in 1-3, 7.'],
    ['1.5', '"1.5" is no page. Write pages as in 1-3, 7.'],
    ['-', '"-" is no page. Write pages as in 1-3, 7.'],
    ['0', 'There are pages 1 to 10 only.'],
    ['8-11', 'There are pages 1 to 10 only.'],
    ['99999999', '"99999999" is no page. Write pages as in 1-3, 7.'],
    ['5-2', '5-2 runs backwards. Write 2-5.'],
  ])('"%s" is refused with what is wrong', (text, problem) => {
    expect(`${readPages(text, 10)}`).toBe(problem)
  })

  test('of one page says so', () => {
    expect(`${readPages('2', 1)}`).toBe('There is only page 1.')
  })

  describe('by their labels', () => {
    const labels = ['Cover', 'i', 'ii', '1', '2', '3', 'A-1', 'A-2']

    test.each([
      ['i-ii, A-1', [2, 3, 7]],
      ['2', [5]],
      ['cover - 1', [1, 2, 3, 4]],
      ['A-1-A-2', [7, 8]],
      ['-ii', [1, 2, 3]],
      ['3-', [6, 7, 8]],
    ])('"%s" names them', (text, pages) => {
      expect(readPages(text, 8, labels)).toEqual(pages)
      expect(readPages(writePages(pages, labels), 8, labels)).toEqual(pages)
    })

    test('what is none is refused, and numbers are pages where no label is a number', () => {
      expect(`${readPages('8', 8, labels)}`).toBe('"8" is no page. Write pages as in Cover-i.')
      expect(`${readPages('ii-i', 8, labels)}`).toBe('ii-i runs backwards. Write i-ii.')
      expect(readPages('2', 3, ['a', 'b', 'c'])).toEqual([2])
    })

    test('only where each is another one', () => {
      expect(readPages('2', 3, ['1', '1', '2'])).toEqual([2])
      expect(writePages([1, 3], ['1', '1', '2'])).toBe('1, 3')
    })
  })

  test('is written as it is read', () => {
    expect(writePages([1, 2, 3, 7, 9, 10])).toBe('1-3, 7, 9-10')
    expect(writePages([])).toBe('')
  })
})
