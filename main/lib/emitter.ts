/** A list of listeners for one kind of event. */
export class Emitter<T> {
  private readonly listeners = new Set<(event: T) => void>()

  /** Calls `listener` for every later event until the returned function is called. */
  on(listener: (event: T) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  emit(event: T): void {
    for (const listener of [...this.listeners]) listener(event)
  }
}
