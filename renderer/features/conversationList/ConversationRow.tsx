import { Ellipsis, Pencil, Trash2 } from 'lucide-react'
import { memo, useState, type ReactNode } from 'react'
import type { Conversation } from '#contract'
import { iconButtonClass } from '../../components/primitives/IconButton.tsx'
import { Menu, MenuItem, MenuTrigger } from '../../components/primitives/Menu.tsx'
import { cx } from '../../lib/cx.ts'
import { RenameField } from './RenameField.tsx'

/** One conversation of the list: opens it; its menu renames and deletes. F2 renames, Delete asks to delete. */
export const ConversationRow = memo(function ConversationRow({
  conversation,
  current,
  onOpen,
  onRemove,
}: {
  conversation: Conversation
  current: boolean
  onOpen: () => void
  onRemove: () => void
}): ReactNode {
  const [renaming, setRenaming] = useState(false)
  const { id, title } = conversation
  if (renaming) {
    return (
      <li>
        <RenameField id={id} title={title} onDone={() => setRenaming(false)} />
      </li>
    )
  }
  return (
    <li
      className={cx(
        'group flex items-center rounded-md',
        current ? 'bg-active' : 'hover:bg-hover has-[[data-popup-open]]:bg-hover',
      )}
    >
      <button
        type="button"
        data-conversation-link
        aria-current={current ? 'page' : undefined}
        title={title}
        onClick={onOpen}
        onDoubleClick={() => setRenaming(true)}
        onKeyDown={(event) => {
          if (event.key === 'F2') setRenaming(true)
          else if (event.key === 'Delete') onRemove()
        }}
        className="h-8 min-w-0 flex-1 truncate rounded-md px-2 text-left"
      >
        {title}
      </button>
      <Menu
        align="end"
        trigger={
          <MenuTrigger
            aria-label={`Options for ${title}`}
            className={cx(
              iconButtonClass('small'),
              'mr-1 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 data-[popup-open]:opacity-100 pointer-coarse:opacity-100',
            )}
          >
            <Ellipsis />
          </MenuTrigger>
        }
      >
        <MenuItem onSelect={() => setRenaming(true)}>
          <Pencil aria-hidden />
          Rename
        </MenuItem>
        <MenuItem danger onSelect={onRemove}>
          <Trash2 aria-hidden />
          Delete
        </MenuItem>
      </Menu>
    </li>
  )
})
