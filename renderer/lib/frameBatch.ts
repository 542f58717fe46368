/** Collects what arrives within one animation frame and hands it over together, in order. */
export interface FrameBatch<T> {
  /** Adds to this frame's batch. */
  later(item: T): void
  /** Hands over at once, together with all that was waiting before it. */
  now(item: T): void
  /** Forgets what is waiting. */
  clear(): void
}

const HIDDEN_FRAME_MS = 100

/** A hidden window gets no animation frames; a timer takes their place there. */
const nextFrame = (run: () => void): void => {
  if (document.hidden) setTimeout(run, HIDDEN_FRAME_MS)
  else requestAnimationFrame(run)
}

/**
 * @param apply Receives each batch, never empty.
 * @param schedule Runs its argument once, later; tests replace it.
 */
export function createFrameBatch<T>(
  apply: (items: readonly T[]) => void,
  schedule: (run: () => void) => void = nextFrame,
): FrameBatch<T> {
  let items: T[] = []
  let scheduled = false
  const flush = (): void => {
    const batch = items
    items = []
    if (batch.length > 0) apply(batch)
  }
  return {
    later: (item) => {
      items.push(item)
      if (scheduled) return
      scheduled = true
      schedule(() => {
        scheduled = false
        flush()
      })
    },
    now: (item) => {
      items.push(item)
      flush()
    },
    clear: () => {
      items = []
    },
  }
}
