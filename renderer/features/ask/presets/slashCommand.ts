import { useState } from 'react'

/** What was typed into the question last, and where the caret is then. */
interface Typed {
  readonly text: string
  readonly caret: number
}

/**
 * The beginning of a question that asks for a preset: `/` and what is typed behind it, up to the caret; null: there is none. It is told of
 * what is typed alone: a text that was there before is a question like any other.
 */
export function useSlashCommand(text: string): {
  readonly command: string | null
  readonly onTyped: (field: HTMLTextAreaElement) => void
  readonly close: () => void
} {
  const [typed, setTyped] = useState<Typed | null>(null)
  const command = typed?.text === text ? /^\/[^\n]*$/.exec(text.slice(0, typed.caret)) : null
  return {
    command: command?.[0] ?? null,
    onTyped: (field) => setTyped({ text: field.value, caret: field.selectionStart }),
    close: () => setTyped(null),
  }
}
