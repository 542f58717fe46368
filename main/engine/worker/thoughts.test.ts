import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ThoughtSplitter } from './thoughts.ts'
import type { ThoughtStart } from './thoughts.ts'

function split(start: ThoughtStart, pieces: readonly string[]) {
  const splitter = new ThoughtSplitter(start)
  const told = [...pieces.map((piece) => splitter.push(piece)), splitter.end()]
  return {
    reasoning: told.map(({ reasoning }) => reasoning).join(''),
    text: told.map(({ text }) => text).join(''),
    hasClosed: splitter.hasClosed,
  }
}

describe('a thought is told from the answer', () => {
  test.each([
    ['that its prompt opened', 'inside', 'I see. Red.\n</think>\n\nIt is red.', 'I see. Red.', 'It is red.', true],
    ['that the model opens', 'possible', '<think>\nI see.\n</think>\n\nIt is red.', 'I see.', 'It is red.', true],
    ['that the model opens after a line end', 'possible', '\n<think>I see.</think>Red.', 'I see.', 'Red.', true],
    ['that never closes', 'inside', 'I see. <b>', 'I see. <b>', '', false],
    ['that is cut off within its tag', 'inside', 'I see.\n</thi', 'I see.\n</thi', '', false],
    ['that is empty', 'possible', '<think>\n\n</think>\n\nRed.', '', 'Red.', true],
    ['that opens a tag again', 'inside', 'a <think> b </th c</think>d', 'a <think> b </th c', 'd', true],
    ['and only the first', 'inside', 'a</think>b <think>c</think> d', 'a', 'b <think>c</think> d', true],
    ['but not in the middle', 'possible', 'The tag <think> is b</think>', '', 'The tag <think> is b</think>', false],
    ['but not where the first words only look like it', 'possible', '\n<thinking>', '', '\n<thinking>', false],
    ['but not where there is none', 'none', '<think>a</think>b', '', '<think>a</think>b', false],
    ['with what is indented after it', 'inside', 'a</think>\n\n    code', 'a', '    code', true],
  ] as const)('%s', (_name, start, written, reasoning, text, hasClosed) => {
    expect(split(start, [written])).toEqual({ reasoning, text, hasClosed })
    expect(split(start, [...written])).toEqual({ reasoning, text, hasClosed })
  })

  test('whatever pieces it comes in', () => {
    const words = fc.array(fc.constantFrom('<think>', '</think>', '</', 'think', '>', '\n', ' ', 'a', '<', 'é'), {
      maxLength: 20,
    })
    fc.assert(
      fc.property(
        words,
        fc.constantFrom<ThoughtStart>('inside', 'possible', 'none'),
        fc.infiniteStream(fc.nat(4)),
        (all, start, cuts) => {
          const written = all.join('')
          const pieces: string[] = []
          for (let at = 0; at < written.length; ) {
            const length = 1 + (cuts.next().value as number)
            pieces.push(written.slice(at, at + length))
            at += length
          }
          expect(split(start, pieces)).toEqual(split(start, [written]))
        },
      ),
    )
  })
})

test('nothing that may still be a tag is told, and everything else at once', () => {
  const splitter = new ThoughtSplitter('inside')
  expect(splitter.push('One.')).toEqual({ reasoning: 'One.', text: '' })
  expect(splitter.push(' Two</thi')).toEqual({ reasoning: ' Two', text: '' })
  expect(splitter.push('s')).toEqual({ reasoning: '</this', text: '' })
  expect(splitter.push('.\n</think')).toEqual({ reasoning: '.', text: '' })
  expect(splitter.push('>')).toEqual({ reasoning: '', text: '' })
  expect(splitter.isInside).toBe(false)
  expect(splitter.push('\n\nRed')).toEqual({ reasoning: '', text: 'Red' })
})
