import { t } from '@lingui/core/macro'
import { MAX_PICTURE_TOKENS, pictureUnits, TOKEN_SIDES } from '#contract'
import type { ModelFamily, PictureBudget } from '#contract'
import { create } from 'zustand'

/** The family of the current model, in whose tokens pictures are counted; null: nothing tells it. */
export const useFamily = create<{ family: ModelFamily | null }>(() => ({ family: null }))

/** The detail levels offered; tokens are the least and the most one picture takes. `full`: as large as it is. */
export const detailLevels = {
  low: { label: t`Low`, minTokens: 4, maxTokens: 256 },
  medium: { label: t`Medium`, minTokens: 256, maxTokens: 1280 },
  high: { label: t`High`, minTokens: 256, maxTokens: 4096 },
  full: { label: t`Full`, minTokens: 4, maxTokens: MAX_PICTURE_TOKENS },
} as const

/** `model`: the model's own default. `custom`: a budget that none of the levels has. */
export type Detail = keyof typeof detailLevels | 'model' | 'custom'

/** The budget of a level in pixels, as a family counts its tokens. */
export function budgetOf(level: keyof typeof detailLevels, family: ModelFamily | null): PictureBudget {
  const { pixels } = pictureUnits(family)
  return { minPixels: detailLevels[level].minTokens * pixels, maxPixels: detailLevels[level].maxTokens * pixels }
}

/** The level a stored budget stands for, whichever family's tokens it was chosen in. */
export function detailOf(budget: PictureBudget | null): Detail {
  if (!budget) return 'model'
  for (const level of Object.keys(detailLevels) as (keyof typeof detailLevels)[]) {
    const { minTokens, maxTokens } = detailLevels[level]
    const isIt = (pixels: number) => budget.minPixels === minTokens * pixels && budget.maxPixels === maxTokens * pixels
    if (TOKEN_SIDES.some((side) => isIt(side ** 2))) return level
  }
  return 'custom'
}

/** The most tokens that a picture takes within a budget, for a family. */
export const maxTokensOf = (budget: PictureBudget, family: ModelFamily | null): number =>
  Math.floor(budget.maxPixels / pictureUnits(family).pixels)
