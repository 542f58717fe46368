import type { ServerResponse } from 'node:http'

/** What goes wrong with one answer of a file. Counts of bytes are of the body. */
export type Fault =
  /** Nothing. */
  | { readonly kind: 'none' }
  /** Sends so many bytes, then nothing, and keeps the connection. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** Sends so many bytes, then cuts the connection. */
  | { readonly kind: 'drop'; readonly afterBytes: number }
  /** Sends so many bytes and ends properly, without having said how many come. */
  | { readonly kind: 'truncate'; readonly afterBytes: number }
  /** Answers with a status alone; `retryAfter` is the header as it is sent. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  /** From now on the file has this content, another ETag and another date. */
  | { readonly kind: 'change'; readonly content: Uint8Array }
  /** One bit of the byte at `at` (modulo the length of the body) is another. */
  | { readonly kind: 'flip'; readonly at: number }
  /** 200 and the whole file, whatever was asked. */
  | { readonly kind: 'whole' }
  /** Says and sends a range that begins so many bytes later than asked. */
  | { readonly kind: 'wrongRange'; readonly shift: number }
  /** Redirects to an address that redirects to itself. */
  | { readonly kind: 'redirectLoop' }
  /** Sends `chunkBytes` every `everyMs`. */
  | { readonly kind: 'drip'; readonly chunkBytes: number; readonly everyMs: number }

/** Sends `body` as `fault` has it; the head has been written. */
export function sendFaulty(response: ServerResponse, body: Buffer, fault: Fault): void {
  if (fault.kind === 'stall') response.write(body.subarray(0, fault.afterBytes))
  else if (fault.kind === 'drop') response.write(body.subarray(0, fault.afterBytes), () => response.socket?.destroy())
  else if (fault.kind === 'truncate') response.end(body.subarray(0, fault.afterBytes))
  else if (fault.kind === 'flip') response.end(flipped(body, fault.at))
  else if (fault.kind === 'drip') drip(response, body, fault)
  else response.end(body)
}

function flipped(body: Buffer, at: number): Buffer {
  const copy = Buffer.from(body)
  if (copy.length > 0) copy[at % copy.length] = (copy[at % copy.length] as number) ^ 1
  return copy
}

function drip(
  response: ServerResponse,
  body: Buffer,
  { chunkBytes, everyMs }: { chunkBytes: number; everyMs: number },
): void {
  let sent = 0
  const timer = setInterval(() => {
    if (sent >= body.length) {
      clearInterval(timer)
      response.end()
      return
    }
    response.write(body.subarray(sent, sent + chunkBytes))
    sent += chunkBytes
  }, everyMs)
  response.on('close', () => clearInterval(timer))
}
