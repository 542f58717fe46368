import katex from 'katex'
import 'katex/dist/katex.min.css'
import type { WriteFormula } from './documents.ts'

/**
 * How formulas of a model are set: nothing in them may name an address or a style, what is wrong in them is shown in place,
 * and what would grow without end is not followed.
 */
const options = {
  throwOnError: false,
  strict: 'ignore',
  trust: false,
  maxSize: 20,
  maxExpand: 500,
  errorColor: 'inherit',
} as const

/** Sets a formula into an element. Its parts are built one by one: the page's policy allows no styles in HTML. */
export function setFormula(element: HTMLElement, tex: string, displayMode: boolean): void {
  katex.render(tex, element, { ...options, displayMode })
}

/** A formula as MathML, which browsers and word processors set by themselves. */
export const formulaAsMathml: WriteFormula = (tex, isBlock) => {
  const math = katex.renderToString(tex, { ...options, displayMode: isBlock, output: 'mathml' })
  return isBlock ? `<p class="formula">${math}</p>` : math
}
