import { expect, test } from 'vitest'
import { PictureBudget } from '#contract'
import { budgetOf, detailLevels, detailOf, maxTokensOf } from './detail.ts'

test('every level is a budget of the contract, and is recognised again', () => {
  for (const level of Object.keys(detailLevels) as (keyof typeof detailLevels)[]) {
    expect(detailOf(PictureBudget.parse(budgetOf(level)))).toBe(level)
    expect(maxTokensOf(budgetOf(level))).toBe(detailLevels[level].maxTokens)
  }
})

test("no budget is the model's own, an unknown one is custom", () => {
  expect(detailOf(null)).toBe('model')
  expect(detailOf({ minPixels: 784, maxPixels: 1568 })).toBe('custom')
})
