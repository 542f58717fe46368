import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fold, patternOf } from './fold.ts'

const letters = [...'aAäÄsSßẞiİıIσςΣоОёЁеиЙйkKﬁf红が한1%*[]^-\\']
const letter = fc.constantFrom(...letters, 'o\u0308', 'и\u0306')

test('a pattern finds what folding both texts finds', () => {
  fc.assert(
    fc.property(fc.array(letter, { maxLength: 12 }), fc.array(letter, { minLength: 1, maxLength: 3 }), (text, term) => {
      const [said, wanted] = [text.join(''), term.join('')]
      expect([said, wanted, patternOf(wanted).test(said)]).toEqual([said, wanted, fold(said).includes(fold(wanted))])
    }),
    { numRuns: 3000 },
  )
})
