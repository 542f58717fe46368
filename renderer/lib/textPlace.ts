/** Where a line and column, both from 1, stand in a text, as a UTF-16 offset. */
export function offsetOf(text: string, { line, column }: { readonly line: number; readonly column: number }): number {
  const before = text.split('\n').slice(0, line - 1)
  return Math.min(
    text.length,
    before.reduce((sum, one) => sum + one.length + 1, column - 1),
  )
}
