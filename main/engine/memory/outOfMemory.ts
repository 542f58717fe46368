import { AppError } from '#contract'
import type { MemoryPlan, PlanPart } from '../types.ts'

/** The error for a plan that does not fit, with its figures. */
export function outOfMemory(
  plan: MemoryPlan,
  { text, systemFreeBytes }: { text: { name: string }; systemFreeBytes: number },
): AppError {
  const [{ weights, projector, kv, picture, overhead }] = plan.parts as [PlanPart]
  const needs = `${text.name} needs ${gigabytes(plan.total)} of memory with a context of ${plan.contextTokens.toLocaleString('en')} tokens`
  return new AppError(
    'OutOfMemory',
    `${needs}; ${gigabytes(systemFreeBytes)} are free. Close other programs or choose a smaller model.`,
    {
      needed: plan.total,
      free: systemFreeBytes,
      context: plan.contextTokens,
      weights,
      projector,
      kv,
      picture,
      overhead,
    },
  )
}

/** Bytes as people read them, e.g. "2.3 GB". */
export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toLocaleString('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 })} GB`
}
