/** Reads a stream until an event matches, and leaves it. */
export async function seen<T>(stream: Promise<AsyncIterable<T>>, matches: (event: T) => boolean): Promise<T> {
  for await (const event of await stream) if (matches(event)) return event
  throw new Error('The stream ended.')
}
