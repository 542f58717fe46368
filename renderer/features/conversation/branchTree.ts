import type { MapEntry } from '#contract'

/** A line of the map: a message, how deep it is indented, and its neighbours by their place in the list. */
export interface TreeLine {
  readonly entry: MapEntry
  /** 0: on the first branch; one more for every place below which the conversation goes several ways. */
  readonly depth: number
  /** Of the line that it follows; -1: it is a first question. */
  readonly parent: number
  /** Whether it is one of several versions. */
  readonly isBranch: boolean
}

/** All messages in the order of a tree: each after the one that it follows, versions one after another, the first one first. */
export function treeLines(entries: readonly MapEntry[]): TreeLine[] {
  const known = new Set(entries.map(({ id }) => id))
  const children = Map.groupBy(entries, ({ parentId }) => (parentId !== null && known.has(parentId) ? parentId : null))
  const lines: TreeLine[] = []
  // a stack: conversations are longer than calls may be deep
  const waiting: Omit<TreeLine, 'parent'>[] = []
  const places = new Map<string, number>()
  const add = (below: string | null, depth: number): void => {
    const found = children.get(below) ?? []
    const isBranch = found.length > 1
    for (const entry of found.toReversed()) waiting.push({ entry, depth: isBranch ? depth + 1 : depth, isBranch })
  }
  add(null, 0)
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    places.set(next.entry.id, lines.length)
    const { parentId } = next.entry
    lines.push({ ...next, parent: parentId === null ? -1 : (places.get(parentId) ?? -1) })
    add(next.entry.id, next.depth)
  }
  return lines
}

/** Where a key leads from a line of the tree; null: nowhere. */
export function keyTarget(lines: readonly TreeLine[], at: number, key: string): number | null {
  const line = lines[at]
  if (!line) return null
  const next = at + 1 < lines.length ? at + 1 : null
  switch (key) {
    case 'ArrowDown':
      return next
    case 'ArrowUp':
      return at > 0 ? at - 1 : null
    case 'ArrowLeft':
      return line.parent >= 0 ? line.parent : null
    case 'ArrowRight':
      return next !== null && lines[next]!.parent === at ? next : null
    case 'Home':
      return 0
    case 'End':
      return lines.length - 1
    default:
      return null
  }
}
