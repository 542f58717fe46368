/** A message as one of its parent's children; `newest`: position of its own newest child. */
export interface ChildRow {
  readonly id: string
  readonly beside_id: string | null
  readonly newest: number | null
}

/** One branch below a parent: a message, or a pair of answers. */
export interface Branch {
  readonly ids: readonly string[]
  /** The one that the conversation went on from last, else the first. */
  readonly shown: string
}

/** The branches that the children of one parent make, in the order of `children`: oldest first. */
export function branchesOf(children: readonly ChildRow[]): Branch[] {
  const latest = (a: ChildRow, b: ChildRow) => ((b.newest ?? -1) > (a.newest ?? -1) ? b : a)
  return [...Map.groupBy(children, ({ id, beside_id }) => beside_id ?? id).values()].map((rows) => ({
    ids: rows.map(({ id }) => id),
    shown: rows.reduce(latest).id,
  }))
}
