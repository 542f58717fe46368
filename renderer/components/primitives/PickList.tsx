import { useEffect, useId, useState } from 'react'
import type { ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'

/** How far Page Up and Page Down go, in lines. */
const PAGE = 8

/** What makes a field and a list below it a combobox: the focus stays in the field, the keys go through the list. */
export interface PickList {
  /** Position of the line that Enter picks; -1: there is none. */
  readonly active: number
  readonly setActive: (index: number) => void
  readonly listId: string
  readonly optionId: (index: number) => string
  /** What the field has to say of the list while it is shown. */
  readonly fieldProps: {
    readonly role: 'combobox'
    readonly 'aria-autocomplete': 'list'
    readonly 'aria-expanded': boolean
    readonly 'aria-controls': string
    readonly 'aria-activedescendant': string | undefined
  }
  /** Takes the keys that go through the list or pick; returns whether it took this one. */
  readonly onKeyDown: (event: KeyboardEvent) => boolean
}

/**
 * A list of `count` lines of which one is picked. `of` says which list it is: the first line of another one is active. `onPick` gets
 * the position of a line.
 */
export function usePickList(of: string, count: number, onPick: (index: number) => void): PickList {
  const listId = useId()
  const [at, setAt] = useState({ of, index: 0 })
  const active = count === 0 ? -1 : at.of === of ? Math.min(at.index, count - 1) : 0
  const setActive = (index: number): void => setAt({ of, index })
  const optionId = (index: number): string => `${listId}-${index}`
  const steps: Readonly<Record<string, () => number>> = {
    ArrowDown: () => (active + 1) % count,
    ArrowUp: () => (active + count - 1) % count,
    PageDown: () => Math.min(count - 1, active + PAGE),
    PageUp: () => Math.max(0, active - PAGE),
  }
  return {
    active,
    setActive,
    listId,
    optionId,
    fieldProps: {
      role: 'combobox',
      'aria-autocomplete': 'list',
      'aria-expanded': count > 0,
      'aria-controls': listId,
      'aria-activedescendant': count > 0 ? optionId(active) : undefined,
    },
    onKeyDown(event) {
      // while an input method composes, the keys belong to it
      if (count === 0 || event.isComposing || event.keyCode === 229) return false
      const step = event.altKey || event.ctrlKey || event.metaKey ? undefined : steps[event.key]
      if (step) setActive(step())
      else if (event.key === 'Enter' && !event.shiftKey) onPick(active)
      else return false
      event.preventDefault()
      return true
    },
  }
}

/** The lines of such a list, each as `render` draws it; the active one is kept in sight. */
export function PickListBox<T>({
  pick,
  label,
  items,
  keyOf,
  render,
  onPick,
  className,
}: {
  pick: PickList
  label: string
  items: readonly T[]
  keyOf: (item: T) => string
  render: (item: T) => ReactNode
  onPick: (index: number) => void
  className?: string
}): ReactNode {
  const { active, listId, optionId, setActive } = pick
  const activeId = active < 0 ? null : optionId(active)
  useEffect(() => {
    if (activeId !== null) document.getElementById(activeId)?.scrollIntoView({ block: 'nearest' })
  }, [activeId, items])
  return (
    <ul
      id={listId}
      role="listbox"
      aria-label={label}
      className={cx('overflow-y-auto overscroll-contain p-1', className)}
    >
      {items.map((item, index) => (
        <li
          key={keyOf(item)}
          id={optionId(index)}
          role="option"
          aria-selected={index === active}
          // the focus stays in the field
          onMouseDown={(event) => event.preventDefault()}
          onMouseMove={() => {
            if (index !== active) setActive(index)
          }}
          onClick={() => onPick(index)}
          className={cx(
            'flex min-h-8 items-center gap-2 rounded-md px-2 py-1 select-none [&>svg]:size-4 [&>svg]:shrink-0 [&>svg]:text-muted',
            index === active && 'bg-active',
          )}
        >
          {render(item)}
        </li>
      ))}
    </ul>
  )
}
