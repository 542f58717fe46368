import { MAX_PICTURE_TOKENS, PIXELS_PER_TOKEN, type PictureBudget } from '#contract'

/** The detail levels offered; tokens are the least and the most one picture takes. `full`: as large as it is. */
export const detailLevels = {
  low: { label: 'Low', minTokens: 4, maxTokens: 256 },
  medium: { label: 'Medium', minTokens: 256, maxTokens: 1280 },
  high: { label: 'High', minTokens: 256, maxTokens: 4096 },
  full: { label: 'Full', minTokens: 4, maxTokens: MAX_PICTURE_TOKENS },
} as const

/** `model`: the model's own default. `custom`: a budget that none of the levels has. */
export type Detail = keyof typeof detailLevels | 'model' | 'custom'

/** The budget of a level, in pixels. */
export const budgetOf = (level: keyof typeof detailLevels): PictureBudget => ({
  minPixels: detailLevels[level].minTokens * PIXELS_PER_TOKEN,
  maxPixels: detailLevels[level].maxTokens * PIXELS_PER_TOKEN,
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
export const maxTokensOf = (budget: PictureBudget): number => Math.floor(budget.maxPixels / PIXELS_PER_TOKEN)
