import type { ReactNode } from 'react'
import { DialogFrame } from '../components/primitives/Dialog.tsx'
import { isMac, shortcut } from '../lib/platform.ts'
import { keysOf, shortcuts } from './shortcuts.ts'

/** Keys that a part of the window listens to itself, where it has the focus: what the dialog tells beside `shortcuts`. */
const otherShortcuts: readonly {
  readonly title: string
  readonly rows: readonly (readonly [string, string])[]
}[] = [
  {
    title: 'Question',
    rows: [
      ['Enter', 'Send'],
      [isMac ? '⇧Enter' : 'Shift Enter', 'Start a line'],
      ['/', 'Choose a preset, at the start of the question'],
      ['Backspace', 'Go to the picture before the words'],
      ['← →', 'Move a picture among the others'],
      [isMac ? '⌥← ⌥→' : 'Alt ← →', 'Move a picture in the text, by a word'],
      [shortcut('Z'), 'Undo, pictures too'],
      ['Esc', 'Stop the answer'],
    ],
  },
  {
    title: 'Search',
    rows: [
      [shortcut('F'), 'Find in this conversation'],
      ['F3', 'Next hit'],
      [isMac ? '⇧F3' : 'Shift F3', 'Hit before'],
      ['Esc', 'End the search'],
    ],
  },
  {
    title: 'List of conversations',
    rows: [
      ['↑ ↓', 'Go through the list'],
      [isMac ? '⇧↑ ⇧↓' : 'Shift ↑ ↓', 'Select several'],
      [shortcut('A'), 'Select all'],
      ['F2', 'Rename'],
      ['Delete', 'Delete'],
      [shortcut('Z'), 'Undo'],
    ],
  },
]

/** Every key of the window and what it does. */
export function ShortcutsDialog({
  open,
  onOpenChange,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
}): ReactNode {
  return (
    <DialogFrame open={open} onOpenChange={onOpenChange} title="Keyboard shortcuts" isText>
      <div className="flex flex-col gap-5">
        <Group title="Everywhere" rows={shortcuts.map((one) => [keysOf(one), one.label] as const)} />
        {otherShortcuts.map(({ title, rows }) => (
          <Group key={title} title={title} rows={rows} />
        ))}
      </div>
    </DialogFrame>
  )
}

function Group({
  title,
  rows,
}: {
  title: string
  rows: readonly (readonly [keys: string, label: string])[]
}): ReactNode {
  return (
    <section>
      <h3 className="mb-1 font-medium">{title}</h3>
      <dl className="divide-y divide-hairline border-y border-hairline">
        {rows.map(([keys, label]) => (
          <div key={keys} className="flex min-h-9 items-center justify-between gap-4 py-1">
            <dt>{label}</dt>
            <dd className="shrink-0 text-muted">
              <kbd className="font-sans">{keys}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
