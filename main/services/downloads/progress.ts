import { z } from 'zod'
import type { Identity } from './http/checkResponse.ts'

/** What is on the disk of an unfinished file and was flushed: of each part of `partBytes`, its first `done` bytes. */
export const SavedProgress = z.object({
  partBytes: z.int().min(1),
  done: z.array(z.int().min(0)),
  identity: z.object({ etag: z.string().nullable(), lastModified: z.string().nullable() }),
})
export type SavedProgress = z.infer<typeof SavedProgress>

/** A part that one connection fetches: bytes from `start` up to `end` (not included), of which those before `at` are written. */
export interface Piece {
  readonly start: number
  readonly end: number
  at: number
}

/** Which bytes of a file are there. */
export class Progress {
  /** Of the file. */
  readonly bytes: number
  /** How the source told this state of the file apart; null until a range was answered. */
  identity: Identity | null
  /** Bytes that were never there before, counted on; grows as long as trying makes sense. */
  gained = 0

  private readonly partBytes: number
  private readonly pieces: readonly Piece[]
  private readonly taken = new Set<Piece>()
  private whole: Piece | null = null
  private most = 0

  /** Goes on from `saved`, or from nothing when that is null or does not fit the file. */
  constructor(bytes: number, partBytes: number, saved: SavedProgress | null) {
    this.bytes = bytes
    const usable = saved && fits(saved, bytes) ? saved : null
    this.identity = usable?.identity ?? null
    this.partBytes = usable?.partBytes ?? partBytes
    this.pieces = Array.from({ length: Math.ceil(bytes / this.partBytes) }, (_, index) => {
      const start = index * this.partBytes
      return { start, end: Math.min(bytes, start + this.partBytes), at: start + (usable?.done[index] ?? 0) }
    })
  }

  /** Bytes that are there, flushed or not. */
  get doneBytes(): number {
    return this.whole ? this.whole.at : this.pieces.reduce((sum, piece) => sum + piece.at - piece.start, 0)
  }

  get isComplete(): boolean {
    return this.doneBytes === this.bytes
  }

  /** Whether the source sends only whole files: one piece, from the beginning at every try. */
  get isWhole(): boolean {
    return this.whole !== null
  }

  /** The first piece with bytes to fetch that nobody has; null when there is none. */
  take(): Piece | null {
    const all = this.whole ? [this.whole] : this.pieces
    const piece = all.find((candidate) => candidate.at < candidate.end && !this.taken.has(candidate)) ?? null
    if (piece) this.taken.add(piece)
    return piece
  }

  giveBack(piece: Piece): void {
    this.taken.delete(piece)
  }

  /** From now on the file is one piece, which the caller of this has. */
  becomeWhole(): Piece {
    this.whole ??= { start: 0, end: this.bytes, at: 0 }
    this.whole.at = 0
    this.taken.add(this.whole)
    return this.whole
  }

  /** `count` bytes of `piece` were written after those that were. */
  advance(piece: Piece, count: number): void {
    piece.at += count
    if (!this.whole) this.gained += count
    else if (piece.at > this.most) {
      this.gained += piece.at - this.most
      this.most = piece.at
    }
  }

  /** The first `count` bytes of the file, of the version `identity`, are written before anything was fetched. */
  begin(count: number, identity: Identity): void {
    for (const piece of this.pieces) piece.at = Math.max(piece.at, Math.min(piece.end, count))
    this.identity = identity
  }

  /** What may be recorded once everything written so far is flushed; null when nothing can be taken up again. */
  snapshot(): SavedProgress | null {
    if (this.whole || !this.identity) return null
    return {
      partBytes: this.partBytes,
      done: this.pieces.map((piece) => piece.at - piece.start),
      identity: this.identity,
    }
  }
}

function fits({ partBytes, done }: SavedProgress, bytes: number): boolean {
  return (
    done.length === Math.ceil(bytes / partBytes) &&
    done.every((count, index) => count <= Math.min(partBytes, bytes - index * partBytes))
  )
}
