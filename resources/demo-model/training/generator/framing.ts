import type { Piece, PreparedMedia } from './prepare.ts'

/** One example on the pipe. */
export interface Example {
  readonly ability: string
  readonly pieces: readonly Piece[]
  readonly media: readonly PreparedMedia[]
  /** Other ways to go on after the last medium. */
  readonly branches?: readonly (readonly Piece[])[]
}

/**
 * An example as bytes: the length of its header (32 bits, little-endian), the header (JSON: `ability`, `pieces`, `branches`, and per
 * medium its type, size and labels), then the frames of all media in order (RGB, 8 bits, rows from the top).
 */
export function frameExample({ ability, pieces, media, branches = [] }: Example): Buffer {
  const header = Buffer.from(
    JSON.stringify({
      ability,
      pieces,
      branches,
      media: media.map(({ frames, ...facts }) => ({ ...facts, frames: frames.length })),
    }),
  )
  const length = Buffer.alloc(4)
  length.writeUInt32LE(header.length)
  return Buffer.concat([length, header, ...media.flatMap(({ frames }) => frames.map((frame) => frame.data))])
}
