/** A heading of the list with its conversations, newest first. */
export interface Group {
  readonly label: 'Today' | 'Yesterday' | 'Earlier'
  readonly ids: readonly string[]
}

const startOfDay = (time: number): number => new Date(time).setHours(0, 0, 0, 0)

/**
 * Groups conversations by the day of their last change, in local time; empty groups are left out.
 *
 * @param updatedAt Time of a conversation's last change in ms since 1970.
 * @param now The present in ms since 1970.
 */
export function groupByDay(ids: readonly string[], updatedAt: (id: string) => number, now: number): Group[] {
  const today = startOfDay(now)
  const yesterday = startOfDay(today - 1)
  const groups: Record<Group['label'], string[]> = { Today: [], Yesterday: [], Earlier: [] }
  for (const id of ids) {
    const time = updatedAt(id)
    groups[time >= today ? 'Today' : time >= yesterday ? 'Yesterday' : 'Earlier'].push(id)
  }
  return (['Today', 'Yesterday', 'Earlier'] as const).flatMap((label) =>
    groups[label].length > 0 ? [{ label, ids: groups[label] }] : [],
  )
}
