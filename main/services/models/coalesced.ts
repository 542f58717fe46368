/** Runs `work` again after the present run when it was asked for meanwhile; a failure ends it. */
export function coalesced(work: () => Promise<void>, onFailure: () => void): () => void {
  let wanted = false
  let running = false
  const run = async () => {
    running = true
    try {
      while (wanted) {
        wanted = false
        await work()
      }
    } catch {
      onFailure()
    } finally {
      running = false
    }
  }
  return () => {
    wanted = true
    if (!running) void run()
  }
}
