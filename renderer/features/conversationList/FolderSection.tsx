import { t } from '@lingui/core/macro'
import type { Folder } from '#contract'
import { ChevronRight, Ellipsis, FolderX, Pencil } from 'lucide-react'
import type { KeyboardEvent, ReactNode } from 'react'
import { iconButtonClass } from '../../components/primitives/Button.tsx'
import { Menu, MenuItem, MenuTrigger } from '../../components/primitives/Menu.tsx'
import { cx } from '../../lib/cx.ts'
import { count } from '../../lib/format.ts'
import type { Doing } from './doing.ts'
import { useDropOfConversations } from './dragging.ts'
import { fold, useFolders } from './folders.ts'
import { isInFolder } from './shelves.ts'
import { useConversationList } from './store.ts'

/** A folder of the list: its line, which folds it and takes what is dropped, and below that its conversations. */
export function FolderSection({
  folder,
  doing,
  children,
}: {
  folder: Folder
  doing: Doing
  children: ReactNode
}): ReactNode {
  const { id, name } = folder
  const isFolded = useFolders((state) => state.folded.has(id))
  const kept = useConversationList(({ order, byId }) => order.filter((one) => isInFolder(byId[one]!, id)).length)
  const drop = useDropOfConversations((ids) => doing.move(ids, id))
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'F2') doing.ask({ kind: 'rename', folder })
    else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') fold(id, event.key === 'ArrowLeft')
    else return
    event.preventDefault()
  }
  return (
    <section aria-label={name} {...drop}>
      <div className="group flex items-center rounded-md hover:bg-hover has-[[data-popup-open]]:bg-hover">
        <button
          type="button"
          data-conversation-link
          data-folder-id={id}
          aria-expanded={!isFolded}
          title={name}
          onClick={() => fold(id, !isFolded)}
          onKeyDown={onKeyDown}
          className="flex h-8 min-w-0 flex-1 items-center gap-1 rounded-md px-1 text-left"
        >
          <ChevronRight
            className={cx('size-4 shrink-0 text-subtle transition-transform duration-150', !isFolded && 'rotate-90')}
            aria-hidden
          />
          <span className="min-w-0 truncate font-medium">{name}</span>
          <span className="pl-1 text-small text-subtle tabular-nums">{count(kept)}</span>
        </button>
        <Menu
          align="end"
          trigger={
            <MenuTrigger
              aria-label={t`Options for the folder ${name}`}
              className={cx(
                iconButtonClass('small'),
                'mr-1 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 data-[popup-open]:opacity-100 pointer-coarse:opacity-100',
              )}
            >
              <Ellipsis />
            </MenuTrigger>
          }
        >
          <MenuItem onSelect={() => doing.ask({ kind: 'rename', folder })}>
            <Pencil aria-hidden />
            {t`Rename`}
          </MenuItem>
          <MenuItem onSelect={() => doing.removeFolder(folder)}>
            <FolderX aria-hidden />
            {t`Remove the folder`}
          </MenuItem>
        </Menu>
      </div>
      {isFolded ? null : kept === 0 ? (
        <p className="py-1 pl-6 text-small text-subtle">{t`Empty. Drag conversations here, or use their menu.`}</p>
      ) : (
        <div className="pl-3">{children}</div>
      )}
    </section>
  )
}
