/** How much of a path is sent before more of it is asked for: messages at most, and bytes once `least` messages are there. */
const WINDOW = { messages: 30, least: 2, bytes: 200_000 } as const

/**
 * How many of the newest messages of a path are sent at once. `bytes`: what a message takes; `isAnswer`: the question of the
 * oldest is sent too, as an answer is not shown without it.
 */
export function newestOf(
  path: readonly string[],
  bytes: (id: string) => number,
  isAnswer: (id: string) => boolean,
): readonly string[] {
  let from = path.length
  let sum = 0
  while (from > 0 && path.length - from < WINDOW.messages) {
    sum += bytes(path[from - 1]!)
    if (sum > WINDOW.bytes && path.length - from >= WINDOW.least) break
    from--
  }
  return path.slice(from > 0 && from < path.length && isAnswer(path[from]!) ? from - 1 : from)
}
