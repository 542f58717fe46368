import { ListFilter as FilterIcon, Search, X } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { KeyboardEvent, ReactNode, RefObject } from 'react'
import { IconButton, iconButtonClass } from '../../../components/primitives/Button.tsx'
import { TextField } from '../../../components/primitives/TextField.tsx'
import {
  Menu,
  MenuCheck,
  MenuChoice,
  MenuItem,
  MenuSeparator,
  MenuTrigger,
} from '../../../components/primitives/Menu.tsx'
import { announce } from '../../../lib/announce.ts'
import { cx } from '../../../lib/cx.ts'
import { toAppError } from '../../../lib/errors.ts'
import { call } from '../../../lib/rpc.ts'
import { showShelf, tagsOf, useShowing } from '../shelves.ts'
import { useConversationList } from '../store.ts'
import { changeFilter, changedLabels, isFiltered, noFilter, setFilters, setQuery, useSearching } from './searching.ts'
import type { ChangedWhen } from './searching.ts'

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
          aria-label="Search conversations"
          aria-keyshortcuts="Control+Shift+F Meta+Shift+F"
          placeholder="Search"
          maxLength={200}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={onKeyDown}
          className={cx('h-8 pl-8 [&::-webkit-search-cancel-button]:hidden', query === '' ? 'pr-8' : 'pr-14')}
        />
        <div className="absolute top-1 right-1 flex">
          {query === '' ? null : (
            <IconButton label="Clear the search" size="small" onClick={() => setQuery('')}>
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

const times = (Object.keys(changedLabels) as ChangedWhen[]).map((value) => ({ value, label: changedLabels[value] }))

/** What narrows the search; its button says what is set. */
function FilterMenu(): ReactNode {
  const filter = useSearching((state) => state.filter)
  const [models, setModels] = useState<readonly string[]>([])
  const byId = useConversationList((state) => state.byId)
  const tags = useMemo(() => tagsOf(byId), [byId])
  const set = setFilters(filter)
  const readModels = (): void => {
    call((core) => core.conversations.answeredBy()).then(setModels, (thrown: unknown) =>
      announce(toAppError(thrown).message),
    )
  }
  // one that is gone by now is still what is set
  const names = filter.model === '' || models.includes(filter.model) ? models : [filter.model, ...models]
  return (
    <Menu
      align="end"
      onOpen={readModels}
      trigger={
        <MenuTrigger
          aria-label={
            set.length === 0 ? 'Filter the search' : `Filter the search: ${set.map(({ label }) => label).join(', ')}`
          }
          title="Filter"
          className={cx(iconButtonClass('small'), set.length > 0 && 'bg-accent-soft text-accent!')}
        >
          <FilterIcon />
        </MenuTrigger>
      }
    >
      <MenuCheck checked={filter.picture} onChange={(picture) => changeFilter({ picture })}>
        Has a picture
      </MenuCheck>
      <MenuCheck checked={filter.video} onChange={(video) => changeFilter({ video })}>
        Has a video
      </MenuCheck>
      {names.length === 0 ? null : (
        <>
          <MenuSeparator />
          <MenuChoice
            label="Answered by"
            value={filter.model}
            options={[{ value: '', label: 'Any model' }, ...names.map((name) => ({ value: name, label: name }))]}
            onChange={(model) => changeFilter({ model })}
          />
        </>
      )}
      {tags.length === 0 ? null : (
        <>
          <MenuSeparator />
          <MenuChoice
            label="Tag"
            value={filter.tag}
            options={[{ value: '', label: 'Any or none' }, ...tags.map((name) => ({ value: name, label: name }))]}
            onChange={(tag) => changeFilter({ tag })}
          />
        </>
      )}
      <MenuSeparator />
      <MenuChoice
        label="Last changed"
        value={filter.changed}
        options={times}
        onChange={(changed) => changeFilter({ changed })}
      />
      {set.length === 0 ? null : (
        <>
          <MenuSeparator />
          <MenuItem onSelect={() => changeFilter(noFilter)}>
            <X aria-hidden />
            Clear the filter
          </MenuItem>
        </>
      )}
    </Menu>
  )
}

/** What is set, each with its way back. The focus goes to the search field, as the button goes away. */
function SetFilters({ field }: { field: RefObject<HTMLInputElement | null> }): ReactNode {
  const filter = useSearching((state) => state.filter)
  const set = setFilters(filter)
  if (set.length === 0) return null
  return (
    <ul aria-label="Filters that are set" className="flex flex-wrap gap-1 pt-1.5">
      {set.map(({ label, without }) => (
        <li key={label} className="max-w-full">
          <button
            type="button"
            aria-label={`Take back: ${label}`}
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

/** The first and the last day of the last change, where days are chosen freely; either may be left open. */
function DayRange({ field }: { field: RefObject<HTMLInputElement | null> }): ReactNode {
  const { changed, from, to } = useSearching((state) => state.filter)
  if (changed !== 'range') return null
  const days = [
    { label: 'From', value: from, set: (day: string) => changeFilter({ from: day }) },
    { label: 'To', value: to, set: (day: string) => changeFilter({ to: day }) },
  ]
  return (
    <fieldset className="flex min-w-0 items-end gap-1 pt-1.5">
      <legend className="sr-only">Last changed</legend>
      {days.map(({ label, value, set }) => (
        <label key={label} className="min-w-0 flex-1 text-small text-muted">
          {label}
          <TextField
            type="date"
            value={value}
            onChange={(event) => set(event.target.value)}
            className="h-7 px-1.5! py-0! text-small!"
          />
        </label>
      ))}
      <IconButton
        label="Take back: from day to day"
        size="small"
        onClick={() => {
          changeFilter({ changed: 'any', from: '', to: '' })
          field.current?.focus()
        }}
      >
        <X />
      </IconButton>
    </fieldset>
  )
}
