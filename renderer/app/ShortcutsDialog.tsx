import { t } from '@lingui/core/macro'
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
    title: t`Question`,
    rows: [
      ['Enter', t`Send`],
      [isMac ? '⇧Enter' : 'Shift Enter', t`Start a line`],
      ['/', t`Choose a preset, at the start of the question`],
      ['Backspace', t`Go to the picture before the words`],
      ['← →', t`Move a picture among the others`],
      [isMac ? '⌥← ⌥→' : 'Alt ← →', t`Move a picture in the text, by a word`],
      [shortcut('Z'), t`Undo, pictures too`],
      ['Esc', t`Stop the answer`],
    ],
  },
  {
    title: t`Search`,
    rows: [
      [shortcut('F'), t`Find in this conversation`],
      ['F3', t`Next hit`],
      [isMac ? '⇧F3' : 'Shift F3', t`Hit before`],
      ['Esc', t`End the search`],
    ],
  },
  {
    title: t`List of conversations`,
    rows: [
      ['↑ ↓', t`Go through the list`],
      [isMac ? '⇧↑ ⇧↓' : 'Shift ↑ ↓', t`Select several`],
      [shortcut('A'), t`Select all`],
      ['F2', t`Rename`],
      ['Delete', t`Delete`],
      [shortcut('Z'), t`Undo`],
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
    <DialogFrame open={open} onOpenChange={onOpenChange} title={t`Keyboard shortcuts`} isText>
      <div className="flex flex-col gap-5">
        <Group title={t`Everywhere`} rows={shortcuts.map((one) => [keysOf(one), one.label] as const)} />
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
