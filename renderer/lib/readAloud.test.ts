import { expect, test } from 'vitest'
import { spokenPieces } from './readAloud.ts'

test('a text is read in sentences, and long ones in parts of whole words', () => {
  expect(spokenPieces('One. Two!\nThree\n\n')).toEqual(['One.', 'Two!', 'Three'])
  const pieces = spokenPieces('word '.repeat(100))
  expect(pieces.every(({ length }) => length <= 200)).toBe(true)
  expect(pieces.join(' ')).toBe('word '.repeat(100).trim())
})
