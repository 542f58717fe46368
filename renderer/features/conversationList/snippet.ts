/** A stretch of a search snippet; `hit` is what was searched for. */
export interface SnippetPiece {
  readonly text: string
  readonly hit: boolean
}

/** Splits a snippet at its marks: \u0002 begins a hit, \u0003 ends it. */
export function splitSnippet(snippet: string): SnippetPiece[] {
  const pieces: SnippetPiece[] = []
  let hit = false
  for (const text of snippet.split(/([\u0002\u0003])/)) {
    if (text === '\u0002') hit = true
    else if (text === '\u0003') hit = false
    else if (text !== '') pieces.push({ text, hit })
  }
  return pieces
}
