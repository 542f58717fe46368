import { expect, test } from 'vitest'
import { blocksOf, hasLeads, moveOverWord, placeAt, standsAtCaret } from './blocks.ts'

const of = (text: string, ...keys: string[]) => ({
  pictures: keys.map((key): { key: string; lead?: string } => ({ key })),
  text,
})
type Question = ReturnType<typeof of>
/** The question as it is read: its pictures as [key]. */
const read = (question: Question): string =>
  blocksOf(question)
    .map((block) => (typeof block === 'string' ? block : `[${block.key}]`))
    .join('')
const place = (question: Question, key: string, before: string | null, offset: number) =>
  placeAt<Question['pictures'][number], Question>(question, [key], { before, offset })
const move = (question: Question, key: string, by: 1 | -1) =>
  moveOverWord<Question['pictures'][number], Question>(question, key, by)

test('media are put at the caret, between the words that are there', () => {
  const one = place(of('compare with', 'a', 'b'), 'a', null, 8)
  expect(read(one)).toBe('[b]'.concat('compare [a]with'))
  expect(hasLeads(one)).toBe(true)
  const both = place(one, 'b', null, 4)
  expect(read(both)).toBe('compare [a]with[b]')
  expect(read(place(both, 'b', 'a', 0))).toBe('[b]compare [a]with')
})

test('words meet with one space where a picture goes from between them', () => {
  const both = place(of('compare this with', 'a'), 'a', null, 8)
  expect(read(both)).toBe('compare [a]this with')
  expect(read(place(both, 'a', null, 9))).toBe('compare this with[a]')
})

test('a picture moves word by word, and past its neighbour where no words are between them', () => {
  let question = of('compare with', 'a', 'b')
  const steps: string[] = []
  for (let n = 0; n < 5; n++) {
    question = move(question, 'a', 1)
    steps.push(read(question))
  }
  expect(steps).toEqual([
    '[b][a]compare with',
    '[b]compare[a] with',
    '[b]compare with[a]',
    '[b]compare with[a]',
    '[b]compare with[a]',
  ])
  for (let n = 0; n < 4; n++) question = move(question, 'a', -1)
  expect(read(question)).toBe('[a][b]compare with')
  expect(move(question, 'gone', 1)).toBe(question)
})

test('what is added stands above the words, unless the caret is in a sentence or media stand among the words', () => {
  const at = (text: string, offset: number) => standsAtCaret(of(text, 'a'), { before: null, offset })
  expect([at('', 0), at('What is it?', 11), at('What is it?', 0)]).toEqual([false, false, false])
  expect([at('compare ', 8), at('compare with', 7)]).toEqual([true, true])
  expect(standsAtCaret(place(of('compare with', 'a'), 'a', null, 8), { before: null, offset: 0 })).toBe(true)
})
