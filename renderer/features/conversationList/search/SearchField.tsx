import { t } from '@lingui/core/macro'
import { ListFilter as FilterIcon, Search, X } from 'lucide-react'
import type { KeyboardEvent, ReactNode, RefObject } from 'react'
import { IconButton, iconButtonClass } from '../../../components/primitives/Button.tsx'
import { TextField } from '../../../components/primitives/TextField.tsx'
import { later } from '../../../components/primitives/later.tsx'
import { Menu, MenuTrigger } from '../../../components/primitives/Menu.tsx'
import { cx } from '../../../lib/cx.ts'
import { listed } from '../../../lib/format.ts'
import { showShelf, useShowing } from '../shelves.ts'
import { changeFilter, isFiltered, noFilter, setFilters, setQuery, useSearching } from './searching.ts'

const FilterItems = later(() => import('./FilterItems.tsx').then(({ FilterItems }) => FilterItems))
const DayRange = later(
  () => import('./DayRange.tsx').then(({ DayRange }) => DayRange),
  () => useSearching(({ filter }) => filter.changed === 'range'),
)

/**
 * The search over all conversations, and what narrows it. Escape empties it, then takes back the filter, then leaves the
 * archive or the trash; the down arrow goes to the results.
 */
export function SearchField({ field }: { field: RefObject<HTMLInputElement | null> }): ReactNode {
  const query = useSearching((state) => state.query)
  const filter = useSearching((state) => state.filter)
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === 'Escape') {
      event.preventDefault()
      if (query !== '') setQuery('')
      else if (isFiltered(filter)) changeFilter(noFilter)
      else if (useShowing.getState().shelf !== 'list') showShelf('list')
      else event.currentTarget.blur()
    } else if (event.key === 'ArrowDown') {
      event.preventDefault()
      event.currentTarget.closest('nav')?.querySelector<HTMLElement>('[data-conversation-link]')?.focus()
    }
  }
  return (
    <div>
      <div className="relative">
        <Search className="pointer-events-none absolute top-2 left-2 size-4 text-subtle" aria-hidden />
        <TextField
          ref={field}
          type="search"
          role="searchbox"
          aria-label={t`Search conversations`}
          aria-keyshortcuts="Control+Shift+F Meta+Shift+F"
          placeholder={t`Search`}
          maxLength={200}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={onKeyDown}
          className={cx('h-8 pl-8 [&::-webkit-search-cancel-button]:hidden', query === '' ? 'pr-8' : 'pr-14')}
        />
        <div className="absolute top-1 right-1 flex">
          {query === '' ? null : (
            <IconButton label={t`Clear the search`} size="small" onClick={() => setQuery('')}>
              <X />
            </IconButton>
          )}
          <FilterMenu />
        </div>
      </div>
      <SetFilters field={field} />
      <DayRange field={field} />
    </div>
  )
}

/** What narrows the search; its button says what is set. */
function FilterMenu(): ReactNode {
  const filter = useSearching((state) => state.filter)
  const set = setFilters(filter)
  return (
    <Menu
      align="end"
      trigger={
        <MenuTrigger
          aria-label={
            set.length === 0 ? t`Filter the search` : t`Filter the search: ${listed(set.map(({ label }) => label))}`
          }
          title={t`Filter`}
          className={cx(iconButtonClass('small'), set.length > 0 && 'bg-accent-soft text-accent!')}
        >
          <FilterIcon />
        </MenuTrigger>
      }
    >
      <FilterItems />
    </Menu>
  )
}

/** What is set, each with its way back. The focus goes to the search field, as the button goes away. */
function SetFilters({ field }: { field: RefObject<HTMLInputElement | null> }): ReactNode {
  const filter = useSearching((state) => state.filter)
  const set = setFilters(filter)
  if (set.length === 0) return null
  return (
    <ul aria-label={t`Filters that are set`} className="flex flex-wrap gap-1 pt-1.5">
      {set.map(({ label, without }) => (
        <li key={label} className="max-w-full">
          <button
            type="button"
            aria-label={t`Take back: ${label}`}
            onClick={() => {
              changeFilter(without)
              field.current?.focus()
            }}
            className="flex h-6 max-w-full items-center gap-1 rounded-md bg-accent-soft pr-1.5 pl-2 text-small text-ink hover:bg-active [&>svg]:size-3 [&>svg]:shrink-0 [&>svg]:text-muted"
          >
            <span className="truncate">{label}</span>
            <X aria-hidden />
          </button>
        </li>
      ))}
    </ul>
  )
}
