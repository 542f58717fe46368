import { expect, test } from 'vitest'
import { PictureBudget } from '#contract'
import { budgetOf, detailLevels, detailOf, maxTokensOf } from './detail.ts'

test.each(['qwen2vl', 'qwen25vl', 'qwen3vl', 'qwen35', null] as const)(
  'every level is a budget of the contract, recognised again, and so many tokens of %s',
  (family) => {
    for (const level of Object.keys(detailLevels) as (keyof typeof detailLevels)[]) {
      expect(detailOf(PictureBudget.parse(budgetOf(level, family)))).toBe(level)
      expect(maxTokensOf(budgetOf(level, family), family)).toBe(detailLevels[level].maxTokens)
    }
  },
)

test('a budget that was chosen with another family keeps its pixels, and is said in the tokens that it is now', () => {
  const chosen = budgetOf('medium', 'qwen2vl')
  expect(detailOf(chosen)).toBe('medium')
  expect(maxTokensOf(chosen, 'qwen3vl')).toBe(980)
})

test("no budget is the model's own, an unknown one is custom", () => {
  expect(detailOf(null)).toBe('model')
  expect(detailOf({ minPixels: 784, maxPixels: 1568 })).toBe('custom')
})
