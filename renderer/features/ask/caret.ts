import type { Caret } from './blocks.ts'

/** The field of the composer that had the focus last: its caret is where media are put among the words. */
let last: HTMLTextAreaElement | null = null

/** Something in the composer got the focus. */
export function noteField(target: EventTarget): void {
  if (target instanceof HTMLTextAreaElement) last = target
}

/** Where the caret of the composer is. */
export function composerCaret(): Caret {
  const field = last?.isConnected ? last : null
  return { before: field?.dataset['lead'] ?? null, offset: field?.selectionStart ?? 0 }
}

/** Puts the caret to the beginning of what comes after the media that were put there. */
export function goBehindPlaced(): void {
  const field = last
  requestAnimationFrame(() => field?.isConnected && field.setSelectionRange(0, 0))
}
