import { t } from '@lingui/core/macro'
import { useEffect, useRef } from 'react'
import type { ReactNode } from 'react'

/** A formula; as LaTeX until what sets it has been loaded. `isBlock`: on lines of its own. */
export function Formula({ tex, isBlock = false }: { tex: string; isBlock?: boolean }): ReactNode {
  const element = useRef<HTMLSpanElement>(null)
  useEffect(() => {
    let isShown = true
    const show = async (): Promise<void> => {
      const { setFormula } = await import('../../lib/formulas.ts')
      if (isShown && element.current) setFormula(element.current, tex, isBlock)
    }
    // without it the LaTeX stays
    show().catch(() => {})
    return () => {
      isShown = false
    }
  }, [tex, isBlock])
  // what is set into it belongs to KaTeX alone: another formula is another element
  const inside = (
    <span key={tex} ref={element} data-tex={tex}>
      {tex}
    </span>
  )
  return isBlock ? (
    <div className="formula-frame" tabIndex={0} role="group" aria-label={t`Formula`} dir="ltr">
      {inside}
    </div>
  ) : (
    <span className="formula" dir="ltr">
      {inside}
    </span>
  )
}
