import type { SourceName } from '#contract'

/** `order` with `name` taken out, or put at its end. */
export const toggled = (order: readonly SourceName[], name: SourceName): SourceName[] =>
  order.includes(name) ? order.filter((one) => one !== name) : [...order, name]

/** `order` with `name` `by` places later; it stays where it is at the ends. */
export function moved(order: readonly SourceName[], name: SourceName, by: -1 | 1): SourceName[] {
  const from = order.indexOf(name)
  const to = from + by
  const next = [...order]
  if (from === -1 || to < 0 || to >= order.length) return next
  next.splice(from, 1)
  next.splice(to, 0, name)
  return next
}
