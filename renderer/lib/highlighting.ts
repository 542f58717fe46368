import { useEffect, useState } from 'react'
import type { HighlightedCode } from './highlightCode.ts'

/** While code still grows it is plain: so long it has to stay the same, in ms. */
const SETTLED_MS = 120
/** Longer code stays plain, in characters: it would hold up the window. */
const LONGEST = 50_000

/** Code in the pieces of its language, once it has settled; null: as it is. What tells them apart is loaded with the first. */
export function useHighlighted(code: string, language: string | null): HighlightedCode | null {
  const [found, setFound] = useState<{ readonly code: string; readonly pieces: HighlightedCode | null } | null>(null)
  useEffect(() => {
    if (language === null || code.length > LONGEST) return
    let isWanted = true
    const timer = setTimeout(() => {
      import('./highlightCode.ts').then(
        ({ highlightCode }) => isWanted && setFound({ code, pieces: highlightCode(code, language) }),
        // it reads without colours too
        () => {},
      )
    }, SETTLED_MS)
    return () => {
      isWanted = false
      clearTimeout(timer)
    }
  }, [code, language])
  return found?.code === code ? found.pieces : null
}
