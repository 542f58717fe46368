import type { MemoryPlan } from '../types.ts'

/** What a process may take beyond its plan before it is renewed: half as much again, and room for caches, in bytes. */
const SHARE = 1.5
const ROOM_BYTES = 2 ** 30

/**
 * Decides whether an engine process that is idle has grown so much that it should be ended and started again, before the
 * system ends it. Memory in bytes.
 */
export class MemoryWatch {
  private readonly fixedLimit: number | null
  private planned: number | null = null
  /** What a fresh process took at least: it cannot be less. */
  private floor = 0
  private isFresh = false
  private hasWorked = false

  /** `limit` null: as the plan says. */
  constructor(limit: number | null) {
    this.fixedLimit = limit
  }

  /** Null while nothing is planned. */
  get limit(): number | null {
    const limit = this.fixedLimit ?? (this.planned === null ? null : this.planned * SHARE + ROOM_BYTES)
    return limit === null ? null : Math.max(limit, this.floor)
  }

  /** A model is loaded by this plan. What lies on a GPU does not count. */
  plan(plan: MemoryPlan): void {
    this.planned = plan.parts[0]?.total ?? 0
  }

  /** The process answers a request; merely loading a model is no reason to start it again. */
  work(): void {
    this.hasWorked = true
  }

  /** Whether an idle process of this size should be renewed. */
  isTooLarge(residentBytes: number): boolean {
    // a renewed process that is as large at once needs that much
    if (this.isFresh) this.floor = Math.max(this.floor, residentBytes * SHARE)
    this.isFresh = false
    return this.hasWorked && this.limit !== null && residentBytes > this.limit
  }

  /** The process was renewed. */
  renew(): void {
    this.isFresh = true
    this.hasWorked = false
  }
}
