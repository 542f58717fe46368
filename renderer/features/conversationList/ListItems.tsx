import { t } from '@lingui/core/macro'
import { Archive, FolderPlus, Images, ListChecks, MessagesSquare, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { MenuItem, MenuSeparator } from '../../components/primitives/Menu.tsx'
import { count } from '../../lib/format.ts'
import { endSearch } from './search/searching.ts'
import { beginSelecting, shelfOf, showShelf, useShowing } from './shelves.ts'
import type { Shelf } from './shelves.ts'
import { useConversationList } from './store.ts'

const shelves = [
  { shelf: 'list', label: t`All conversations`, Icon: MessagesSquare },
  { shelf: 'archive', label: t`Archive`, Icon: Archive },
  { shelf: 'trash', label: t`Trash`, Icon: Trash2 },
] as const

/** The ways to what is not in the list, and to do something with many. */
export function ListItems({ onGallery, onNewFolder }: { onGallery: () => void; onNewFolder: () => void }): ReactNode {
  const shown = useShowing((state) => state.shelf)
  return (
    <>
      <MenuItem
        onSelect={() => {
          endSearch()
          beginSelecting()
        }}
      >
        <ListChecks aria-hidden />
        {t`Select conversations`}
      </MenuItem>
      <MenuItem
        onSelect={() => {
          endSearch()
          showShelf('list')
          onNewFolder()
        }}
      >
        <FolderPlus aria-hidden />
        {t`New folder…`}
      </MenuItem>
      <MenuSeparator />
      {shelves
        .filter(({ shelf }) => shelf !== shown)
        .map(({ shelf, label, Icon }) => (
          <MenuItem
            key={shelf}
            onSelect={() => {
              endSearch()
              showShelf(shelf)
            }}
          >
            <Icon aria-hidden />
            <span className="flex-1">{label}</span>
            {shelf === 'list' ? null : <Kept shelf={shelf} />}
          </MenuItem>
        ))}
      <MenuItem onSelect={onGallery}>
        <Images aria-hidden />
        {t`Gallery`}
      </MenuItem>
    </>
  )
}

/** How many conversations a shelf has; nothing for none. */
function Kept({ shelf }: { shelf: Shelf }): ReactNode {
  const kept = useConversationList(({ order, byId }) => order.filter((id) => shelfOf(byId[id]!) === shelf).length)
  return kept === 0 ? null : <span className="pl-4 text-small text-subtle tabular-nums">{count(kept)}</span>
}
