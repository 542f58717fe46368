import { PIXELS_PER_TOKEN, type PictureBudget } from '#contract'

const LEAST_TOKENS = 4

/** How closely the model looks at each frame; a pair of frames takes at most so many tokens. */
const levels = { low: 64, medium: 256, high: 768 } as const

/** `settings`: as the settings have it. `custom`: a budget that none of the levels has. */
export type ClipDetail = keyof typeof levels | 'settings' | 'custom'

export const clipDetails: readonly { readonly value: Exclude<ClipDetail, 'custom'>; readonly label: string }[] = [
  { value: 'settings', label: 'Settings' },
  { value: 'low', label: 'Low' },
  { value: 'medium', label: 'Medium' },
  { value: 'high', label: 'High' },
]

/** The budget of a level, in pixels of one frame; null: that of the settings. */
export function clipBudget(detail: Exclude<ClipDetail, 'custom'>): PictureBudget | null {
  return detail === 'settings'
    ? null
    : { minPixels: LEAST_TOKENS * PIXELS_PER_TOKEN, maxPixels: levels[detail] * PIXELS_PER_TOKEN }
}

/** The level that a budget stands for. */
export function clipDetailOf(budget: PictureBudget | null): ClipDetail {
  if (!budget) return 'settings'
  const level = (Object.keys(levels) as (keyof typeof levels)[]).find(
    (one) => clipBudget(one)?.maxPixels === budget.maxPixels && clipBudget(one)?.minPixels === budget.minPixels,
  )
  return level ?? 'custom'
}
