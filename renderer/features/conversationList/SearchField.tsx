import { Search, X } from 'lucide-react'
import type { KeyboardEvent, ReactNode, RefObject } from 'react'
import { fieldClass } from '../../components/primitives/field.ts'
import { IconButton } from '../../components/primitives/IconButton.tsx'
import { cx } from '../../lib/cx.ts'
import { shortcut } from '../../lib/platform.ts'

/** The search over all conversations. Escape empties it, the down arrow goes to the results. */
export function SearchField({
  field,
  query,
  onQuery,
}: {
  field: RefObject<HTMLInputElement | null>
  query: string
  onQuery: (query: string) => void
}): ReactNode {
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === 'Escape') {
      event.preventDefault()
      if (query === '') event.currentTarget.blur()
      onQuery('')
    } else if (event.key === 'ArrowDown') {
      event.preventDefault()
      event.currentTarget.closest('nav')?.querySelector<HTMLElement>('[data-conversation-link]')?.focus()
    }
  }
  return (
    <div className="relative">
      <Search className="pointer-events-none absolute top-2 left-2 size-4 text-subtle" aria-hidden />
      <input
        ref={field}
        type="search"
        role="searchbox"
        aria-label="Search conversations"
        aria-keyshortcuts="Control+K Meta+K"
        placeholder={`Search  ${shortcut('K')}`}
        maxLength={200}
        value={query}
        onChange={(event) => onQuery(event.target.value)}
        onKeyDown={onKeyDown}
        className={cx(fieldClass, 'h-8 pr-8 pl-8 [&::-webkit-search-cancel-button]:hidden')}
      />
      {query === '' ? null : (
        <IconButton
          label="Clear the search"
          size="small"
          className="absolute top-1 right-1"
          onClick={() => onQuery('')}
        >
          <X />
        </IconButton>
      )}
    </div>
  )
}
