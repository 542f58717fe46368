import { t } from '@lingui/core/macro'
import { Archive, ArchiveRestore, FolderInput, Pin, PinOff, RotateCcw, Trash2, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button, IconButton, iconButtonClass } from '../../components/primitives/Button.tsx'
import { Menu, MenuTrigger } from '../../components/primitives/Menu.tsx'
import { count } from '../../lib/format.ts'
import { FilingItems } from './FilingItems.tsx'
import { focusListMenu } from './doing.ts'
import type { Doing } from './doing.ts'
import { endSelecting, select, useShowing } from './shelves.ts'
import { useConversationList } from './store.ts'

/** What can be done with the conversations that are selected. `ids`: those that could be. */
export function SelectionBar({ ids, doing }: { ids: readonly string[]; doing: Doing }): ReactNode {
  const { shelf, isSelecting, selected } = useShowing()
  const byId = useConversationList((state) => state.byId)
  if (!isSelecting) return null
  const chosen = ids.filter((id) => selected.has(id))
  const isAll = chosen.length === ids.length && ids.length > 0
  const arePinned = chosen.length > 0 && chosen.every((id) => byId[id]?.pinned)
  const none = chosen.length === 0
  return (
    <div
      role="toolbar"
      aria-label={t`Selected conversations`}
      className="flex shrink-0 flex-wrap items-center gap-x-1 border-t border-hairline px-2 py-1.5"
    >
      <span role="status" className="px-1 whitespace-nowrap tabular-nums">
        {t`${count(chosen.length)} selected`}
      </span>
      <Button kind="quiet" className="h-6 px-1.5" disabled={ids.length === 0} onClick={() => select(isAll ? [] : ids)}>
        {isAll ? t({ message: 'None', context: 'selection' }) : t({ message: 'All', context: 'selection' })}
      </Button>
      <span className="ml-auto flex">
        {shelf === 'trash' ? (
          <>
            <IconButton size="small" label={t`Restore`} disabled={none} onClick={() => doing.restore(chosen)}>
              <RotateCcw />
            </IconButton>
            <IconButton
              size="small"
              label={t`Delete for good`}
              disabled={none}
              onClick={() => doing.deleteForGood(chosen)}
            >
              <Trash2 />
            </IconButton>
          </>
        ) : (
          <>
            {shelf === 'list' ? (
              <IconButton
                size="small"
                label={arePinned ? t`Unpin` : t`Pin`}
                disabled={none}
                onClick={() => doing.pin(chosen, !arePinned)}
              >
                {arePinned ? <PinOff /> : <Pin />}
              </IconButton>
            ) : null}
            <IconButton
              size="small"
              label={shelf === 'list' ? t`Archive` : t`Move to the list`}
              disabled={none}
              onClick={() => doing.archive(chosen, shelf === 'list')}
            >
              {shelf === 'list' ? <Archive /> : <ArchiveRestore />}
            </IconButton>
            <Menu
              align="end"
              trigger={
                <MenuTrigger
                  aria-label={t`Move to a folder, or tag`}
                  title={t`Move to a folder, or tag`}
                  disabled={none}
                  className={iconButtonClass('small')}
                >
                  <FolderInput />
                </MenuTrigger>
              }
            >
              <FilingItems ids={chosen} doing={doing} />
            </Menu>
            <IconButton size="small" label={t`Delete`} disabled={none} onClick={() => doing.discard(chosen)}>
              <Trash2 />
            </IconButton>
          </>
        )}
        <IconButton
          size="small"
          label={t`End selecting`}
          onClick={() => {
            endSelecting()
            focusListMenu()
          }}
        >
          <X />
        </IconButton>
      </span>
    </div>
  )
}
