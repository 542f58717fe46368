import type { Conversation } from '#contract'
import { Download, Ellipsis, Pencil, Trash2 } from 'lucide-react'
import { memo, useEffect, useEffectEvent, useRef } from 'react'
import type { ReactNode } from 'react'
import { iconButtonClass } from '../../components/primitives/Button.tsx'
import { TextField } from '../../components/primitives/FormControls.tsx'
import { Menu, MenuItem, MenuTrigger } from '../../components/primitives/Menu.tsx'
import { cx } from '../../lib/cx.ts'
import { beginRenaming, giveUpRenaming, storeTitle, typeTitle, useRenaming } from './store.ts'
import type { Renaming } from './store.ts'

/** A conversation's title being changed in its place. Enter or leaving keeps it, Escape does not. */
function RenameField({ id, renaming, title }: { id: string; renaming: Renaming; title: string }): ReactNode {
  const field = useRef<HTMLInputElement>(null)
  const { text, isStoring, failure } = renaming

  const takeFocus = useEffectEvent(() => {
    // its row was made anew while the user is elsewhere
    if (isStoring || failure !== null) return
    field.current?.focus()
    field.current?.setSelectionRange(text === title ? 0 : text.length, text.length)
  })
  // The menu that opened this gives the focus back to its button first.
  useEffect(() => {
    const frame = requestAnimationFrame(() => takeFocus())
    return () => cancelAnimationFrame(frame)
  }, [])

  return (
    <>
      <TextField
        ref={field}
        aria-label="Title of the conversation"
        aria-invalid={failure !== null}
        maxLength={200}
        value={text}
        readOnly={isStoring}
        onChange={(event) => typeTitle(id, event.target.value)}
        onBlur={() => void storeTitle(id, title)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return
          if (event.key === 'Enter') void storeTitle(id, title)
          if (event.key !== 'Escape') return
          event.preventDefault()
          giveUpRenaming(id)
        }}
        className="h-8 px-[7px]"
      />
      {failure ? (
        <p role="alert" className="px-2 py-1 text-small text-danger">
          {failure}
        </p>
      ) : null}
    </>
  )
}

/** One conversation of the list: opens it; its menu renames, exports and deletes. F2 renames, Delete asks to delete. */
export const ConversationRow = memo(function ConversationRow({
  conversation,
  current,
  onOpen,
  onExport,
  onRemove,
}: {
  conversation: Conversation
  current: boolean
  onOpen: () => void
  onExport: () => void
  onRemove: () => void
}): ReactNode {
  const { id, title } = conversation
  const renaming = useRenaming((state) => state[id])
  const beginRename = (): void => beginRenaming(id, title)
  if (renaming) {
    return (
      <li>
        <RenameField id={id} renaming={renaming} title={title} />
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
        onDoubleClick={beginRename}
        onKeyDown={(event) => {
          if (event.key === 'F2') beginRename()
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
        <MenuItem onSelect={beginRename}>
          <Pencil aria-hidden />
          Rename
        </MenuItem>
        <MenuItem onSelect={onExport}>
          <Download aria-hidden />
          Export…
        </MenuItem>
        <MenuItem danger onSelect={onRemove}>
          <Trash2 aria-hidden />
          Delete
        </MenuItem>
      </Menu>
    </li>
  )
})
