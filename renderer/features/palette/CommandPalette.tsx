import { t } from '@lingui/core/macro'
import { Dialog } from '@base-ui/react/dialog'
import { Search } from 'lucide-react'
import { useDeferredValue, useMemo, useState } from 'react'
import type { ReactNode } from 'react'
import { PopupFrame } from '../../components/primitives/Dialog.tsx'
import { PickListBox, usePickList } from '../../components/primitives/PickList.tsx'
import { fuzzyFilter } from '../../lib/fuzzy.ts'

/** Something that the palette does. */
export interface Command {
  readonly id: string
  readonly label: string
  /** What kind of thing it is about, e.g. "Preset"; searched for too. */
  readonly kind: string
  /** Words that it is found by beside its label. */
  readonly words?: string
  /** The keys that do the same. */
  readonly keys?: string
  /** It is listed only once something is typed, as there are too many like it. */
  readonly isMany?: boolean
  readonly run: () => void
}

/** So many lines are listed at most. */
const MOST = 60

/**
 * One field over everything that the window can do and open. `children` get what is to be done with the command that is picked, which
 * runs once the palette is closed.
 */
export function CommandPalette({
  open,
  onOpenChange,
  children,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  children: (onChoose: (command: Command) => void) => ReactNode
}): ReactNode {
  const [chosen, setChosen] = useState<Command | null>(null)
  return (
    <Dialog.Root
      open={open}
      onOpenChange={onOpenChange}
      onOpenChangeComplete={(isOpen) => {
        // only now: what opens a dialog, or gives the focus to something, would lose it to the closing one
        if (isOpen) return
        setChosen(null)
        chosen?.run()
      }}
    >
      <PopupFrame kind="dialog" className="top-[12dvh]! flex w-[min(560px,calc(100vw-24px))] translate-y-0! flex-col">
        <Dialog.Title className="sr-only">{t`Commands`}</Dialog.Title>
        {children((command) => {
          setChosen(command)
          onOpenChange(false)
        })}
      </PopupFrame>
    </Dialog.Root>
  )
}

/** The field and the list of what fits. */
export function CommandFinder({
  commands,
  onChoose,
}: {
  commands: readonly Command[]
  onChoose: (command: Command) => void
}): ReactNode {
  const [query, setQuery] = useState('')
  const wanted = useDeferredValue(query)
  const found = useMemo(() => {
    const offered = wanted.trim() === '' ? commands.filter(({ isMany }) => !isMany) : commands
    return fuzzyFilter(wanted, offered, ({ label, kind, words = '' }) => `${label} ${kind} ${words}`).slice(0, MOST)
  }, [wanted, commands])
  const onPick = (index: number): void => {
    const command = found[index]
    if (command) onChoose(command)
  }
  const pick = usePickList(wanted, found.length, onPick)
  return (
    <>
      <div className="flex items-center gap-2.5 border-b border-hairline px-3.5">
        <Search className="size-4 shrink-0 text-subtle" aria-hidden />
        <input
          type="text"
          aria-label={t`Find a command, preset, model or conversation`}
          placeholder={t`What do you want to do or open?`}
          autoComplete="off"
          spellCheck={false}
          maxLength={200}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => pick.onKeyDown(event.nativeEvent)}
          {...pick.fieldProps}
          className="h-11 min-w-0 flex-1 bg-transparent text-read outline-none placeholder:text-subtle"
        />
      </div>
      {found.length === 0 ? (
        <p role="status" className="px-4 py-6 text-center text-muted">{t`Nothing fits “${wanted.trim()}”.`}</p>
      ) : (
        <PickListBox
          pick={pick}
          label={t`Commands`}
          items={found}
          keyOf={({ id }) => id}
          onPick={onPick}
          className="max-h-[min(400px,60dvh)]"
          render={({ label, kind, keys }) => (
            <>
              <span className="min-w-0 flex-1 truncate">{label}</span>
              <span className="shrink-0 text-small text-muted">{keys ?? kind}</span>
            </>
          )}
        />
      )}
    </>
  )
}
