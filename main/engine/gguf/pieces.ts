import { basename } from 'node:path'
import type { AppError } from '#contract'
import { unsupported } from './problems.ts'

/** A file that was cut up for its download, as `NAME.gguf.part1of2`. */
const PIECE = /^(.+)\.part(\d+)of(\d+)$/i
/** As many pieces are named in a command; of more the pattern. */
const MOST_NAMED = 4

/** Whether a file's name is that of a piece. */
export function isPiece(path: string): boolean {
  return PIECE.test(basename(path))
}

/** Why a piece cannot be used, and how all of them are joined, on each system. */
export function pieceProblem(path: string): AppError {
  const [, whole = '', , last = '1'] = PIECE.exec(basename(path)) ?? []
  const pieces = Array.from(
    { length: Math.min(Number(last), MOST_NAMED) },
    (_, i) => `"${whole}.part${i + 1}of${last}"`,
  )
  const rest = Number(last) > MOST_NAMED ? ['...', `"${whole}.part${last}of${last}"`] : []
  const names = [...pieces, ...rest]
  return unsupported(
    path,
    `is a piece of ${whole}, which was cut into ${last} for its download. Join them in their folder: on macOS and Linux with ` +
      `cat ${names.join(' ')} > "${whole}", on Windows with copy /b ${names.join(' + ')} "${whole}". Then choose ${whole}.`,
  )
}
