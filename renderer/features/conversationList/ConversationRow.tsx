import type { Conversation } from '#contract'
import { Ellipsis, Pencil, Trash2 } from 'lucide-react'
import { memo, useEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { iconButtonClass } from '../../components/primitives/Button.tsx'
import { TextField } from '../../components/primitives/FormControls.tsx'
import { Menu, MenuItem, MenuTrigger } from '../../components/primitives/Menu.tsx'
import { cx } from '../../lib/cx.ts'
import { toAppError } from '../../lib/errors.ts'
import { rename } from './store.ts'

/** A conversation's title being changed in its place. Enter or leaving keeps it, Escape does not. */
export function RenameField({ id, title, onDone }: { id: string; title: string; onDone: () => void }): ReactNode {
  const field = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(title)
  const [failure, setFailure] = useState<string | null>(null)
  const ended = useRef(false)

  // The menu that opened this gives the focus back to its button first.
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      field.current?.focus()
      field.current?.select()
    })
    return () => cancelAnimationFrame(frame)
  }, [])

  const keep = async (): Promise<void> => {
    const next = text.trim()
    if (ended.current) return
    ended.current = true
    if (next === '' || next === title) return onDone()
    try {
      await rename(id, next)
      onDone()
    } catch (thrown) {
      ended.current = false
      setFailure(toAppError(thrown).message)
    }
  }
  return (
    <>
      <TextField
        ref={field}
        aria-label="Title of the conversation"
        aria-invalid={failure !== null}
        maxLength={200}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => void keep()}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return
          if (event.key === 'Enter') void keep()
          if (event.key !== 'Escape') return
          event.preventDefault()
          ended.current = true
          onDone()
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
