/** Bytes of a file, wherever it lies. */
export interface Bytes {
  readonly size: number
  /** From `start` to before `end`, or fewer where the file ends. */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>
}

/** The bytes of a file, or of one that is stored at an address. @throws {Error} When it cannot be reached. */
export async function bytesOf(from: Blob | string): Promise<Bytes> {
  if (typeof from !== 'string')
    return { size: from.size, read: async (start, end) => new Uint8Array(await from.slice(start, end).arrayBuffer()) }
  const range = async (start: number, end: number): Promise<Response> => {
    const response = await fetch(from, { headers: { Range: `bytes=${start}-${end - 1}` } })
    if (!response.ok) throw new Error(`The file cannot be read (status ${response.status})`)
    return response
  }
  const head = await range(0, 1)
  const size = Number(/\/(\d+)$/.exec(head.headers.get('Content-Range') ?? '')?.[1] ?? 0)
  await head.body?.cancel()
  return {
    size,
    read: async (start, end) =>
      start >= Math.min(end, size)
        ? new Uint8Array()
        : new Uint8Array(await (await range(start, Math.min(end, size))).arrayBuffer()),
  }
}
