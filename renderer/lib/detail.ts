import type { PictureBudget } from '#contract'

/** Pixels of one picture token: 28 x 28. */
const TOKEN_PIXELS = 784

/** The detail levels offered; tokens are the least and the most one picture takes. `full`: as large as it is. */
export const detailLevels = {
  low: { label: 'Low', minTokens: 4, maxTokens: 256 },
  medium: { label: 'Medium', minTokens: 256, maxTokens: 1280 },
  high: { label: 'High', minTokens: 256, maxTokens: 4096 },
  full: { label: 'Full', minTokens: 4, maxTokens: 16384 },
} as const

/** `model`: the model's own default. `custom`: a budget that none of the levels has. */
export type Detail = keyof typeof detailLevels | 'model' | 'custom'

/** The budget of a level, in pixels. */
export const budgetOf = (level: keyof typeof detailLevels): PictureBudget => ({
  minPixels: detailLevels[level].minTokens * TOKEN_PIXELS,
  maxPixels: detailLevels[level].maxTokens * TOKEN_PIXELS,
})

/** The level a stored budget stands for. */
export function detailOf(budget: PictureBudget | null): Detail {
  if (!budget) return 'model'
  for (const level of Object.keys(detailLevels) as (keyof typeof detailLevels)[]) {
    const own = budgetOf(level)
    if (own.minPixels === budget.minPixels && own.maxPixels === budget.maxPixels) return level
  }
  return 'custom'
}

/** The most tokens a picture takes within a budget. */
export const maxTokensOf = (budget: PictureBudget): number => Math.floor(budget.maxPixels / TOKEN_PIXELS)
