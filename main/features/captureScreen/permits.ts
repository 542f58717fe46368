/** What the window may see at its next request; `sourceId` null: what the system's own question is answered with. */
export interface Permit {
  readonly what: 'camera' | 'screen'
  readonly sourceId: string | null
}

/** Permits that the window asks for at a click of its user, each good for one request to the shell. */
export interface Permits {
  allow(permit: Permit): void
  has(what: Permit['what']): boolean
  /** The permit, which is used up; null when there is none or it is older than ten seconds. */
  take(what: Permit['what']): Permit | null
}

const GOOD_FOR_MS = 10_000

/** No permits at first. `now` in ms. */
export function createPermits(now: () => number = Date.now): Permits {
  const held = new Map<Permit['what'], { permit: Permit; until: number }>()
  const find = (what: Permit['what']): Permit | null => {
    const found = held.get(what)
    return found && now() <= found.until ? found.permit : null
  }
  return {
    allow: (permit) => void held.set(permit.what, { permit, until: now() + GOOD_FOR_MS }),
    has: (what) => find(what) !== null,
    take(what) {
      const permit = find(what)
      held.delete(what)
      return permit
    },
  }
}
