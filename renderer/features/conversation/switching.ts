/**
 * The version of a message that the reader has just switched to: what is shown stays at its place in the column, and the control
 * that was used has the focus on the new one.
 */
let focused: { readonly id: string; readonly towards: -1 | 1 } | null = null
let keepsPlace = false

/** Notes that a version is about to be shown, towards the earlier (-1) or the later ones. */
export function switched(id: string, towards: -1 | 1): void {
  focused = { id, towards }
  keepsPlace = true
}

/** Which of its controls the version of a message gets the focus on, once; null: it was not switched to. */
export function takeFocus(id: string): -1 | 1 | null {
  if (focused?.id !== id) return null
  const { towards } = focused
  focused = null
  return towards
}

/** Whether the column stays where it is although its end is another one, once. */
export function takeKeepsPlace(): boolean {
  const keeps = keepsPlace
  keepsPlace = false
  return keeps
}
