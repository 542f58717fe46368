import { plural, t } from '@lingui/core/macro'
import { TRASH_DAYS } from '#contract'
import type { Conversation } from '#contract'
import { Check, Ellipsis } from 'lucide-react'
import { memo, useEffect, useEffectEvent, useRef, useState } from 'react'
import type { MouseEvent, ReactNode } from 'react'
import { iconButtonClass } from '../../components/primitives/Button.tsx'
import { later } from '../../components/primitives/later.tsx'
import { TextField } from '../../components/primitives/TextField.tsx'
import { Menu, MenuTrigger } from '../../components/primitives/Menu.tsx'
import { cx } from '../../lib/cx.ts'
import { counted, listed } from '../../lib/format.ts'
import { pictureUrl, useHost } from '../../lib/host.ts'
import { useToday } from '../../lib/useToday.ts'
import type { Doing } from './doing.ts'
import { dragConversations } from './dragging.ts'
import { useShowing } from './shelves.ts'
import { beginRenaming, giveUpRenaming, storeTitle, typeTitle, useRenaming } from './store.ts'
import type { Renaming } from './store.ts'
import { useUnread } from './unread.ts'

const RowItems = later(() => import('./RowItems.tsx').then(({ RowItems }) => RowItems))

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
        aria-label={t`Title of the conversation`}
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

const DAY_MS = 86_400_000

/** How long something stays in the trash that is there since `deletedAt`, in ms since 1970. */
function DaysLeft({ deletedAt }: { deletedAt: number }): ReactNode {
  const now = useToday()
  const days = Math.ceil((deletedAt + TRASH_DAYS * DAY_MS - now) / DAY_MS)
  const left = Math.min(TRASH_DAYS, Math.max(1, days))
  return (
    <span className="shrink-0 px-1 text-small whitespace-nowrap text-muted tabular-nums">
      <span aria-hidden>{counted(left, 'day')}</span>
      <span className="sr-only">{plural(left, { one: '# day left', other: '# days left' })}</span>
    </span>
  )
}

/**
 * One conversation of the list: opens it, or is selected; its menu has what can be done with it. F2 renames, Delete deletes.
 * `isSelected`: null while nothing is selected.
 */
export const ConversationRow = memo(function ConversationRow({
  conversation,
  current,
  isSelected,
  doing,
  onChoose,
}: {
  conversation: Conversation
  current: boolean
  isSelected: boolean | null
  doing: Doing
  onChoose: (id: string, event: MouseEvent) => void
}): ReactNode {
  const { id, title, deletedAt } = conversation
  const renaming = useRenaming((state) => state[id])
  const isUnread = useUnread(({ ids }) => ids.has(id)) && !current
  const inTrash = deletedAt !== undefined
  const beginRename = (): void => {
    if (!inTrash) beginRenaming(id, title)
  }
  const remove = (): void => (inTrash ? doing.deleteForGood([id]) : doing.discard([id]))
  if (renaming) {
    return (
      <li>
        <RenameField id={id} renaming={renaming} title={title} />
      </li>
    )
  }
  const isSelecting = isSelected !== null
  return (
    <li
      className={cx(
        'group flex items-center rounded-md',
        isSelected || (current && !isSelecting) ? 'bg-active' : 'hover:bg-hover has-[[data-popup-open]]:bg-hover',
      )}
    >
      <button
        type="button"
        data-conversation-link
        data-conversation-id={id}
        draggable={!inTrash}
        onDragStart={(event) => dragConversations(event, isSelected ? [...useShowing.getState().selected] : [id])}
        role={isSelecting ? 'checkbox' : undefined}
        aria-checked={isSelected ?? undefined}
        aria-current={current ? 'page' : undefined}
        aria-description={descriptionOf(conversation, isUnread)}
        title={title}
        onClick={(event) => onChoose(id, event)}
        onDoubleClick={isSelecting ? undefined : beginRename}
        onKeyDown={(event) => {
          if (isSelecting) return
          if (event.key === 'F2') beginRename()
          else if (event.key === 'Delete') remove()
        }}
        className="flex h-8 min-w-0 flex-1 items-center gap-2 rounded-md px-2 text-left"
      >
        {isSelecting ? (
          <span
            aria-hidden
            className={cx(
              'flex size-4 shrink-0 items-center justify-center rounded-[4px] border [&>svg]:size-3',
              isSelected ? 'border-accent bg-accent text-on-accent' : 'border-control bg-raised',
            )}
          >
            {isSelected ? <Check strokeWidth={3} /> : null}
          </span>
        ) : null}
        {conversation.cover ? <Cover key={conversation.cover} sha={conversation.cover} /> : null}
        <span className={cx('min-w-0 flex-1 truncate', isUnread && 'font-semibold')}>{title}</span>
        {conversation.answering ? (
          <span aria-hidden title={t`Answering`} className="size-2 shrink-0 animate-pulse rounded-full bg-accent" />
        ) : isUnread ? (
          <span aria-hidden title={t`Answered`} className="size-2 shrink-0 rounded-full bg-accent" />
        ) : null}
        <Tags tags={conversation.tags} />
      </button>
      {inTrash ? <DaysLeft deletedAt={deletedAt} /> : null}
      {isSelecting ? null : <RowMenu conversation={conversation} doing={doing} onRename={beginRename} />}
    </li>
  )
})

/** What a row shows beside its title, in words; undefined: nothing. */
function descriptionOf({ answering, tags }: Conversation, isUnread: boolean): string | undefined {
  const answer = answering ? t`Answering` : isUnread ? t`Answered, not opened yet` : undefined
  const named = tags && t`Tags: ${listed(tags)}`
  return answer && named ? t`${answer}. ${named}` : (answer ?? named)
}

/** The first picture or video of a conversation; nothing where its file is gone. */
function Cover({ sha }: { sha: string }): ReactNode {
  const host = useHost((state) => state.host)
  const [isBroken, setBroken] = useState(false)
  if (isBroken || !host) return null
  return (
    <img
      src={pictureUrl(host, sha, 'thumb')}
      alt=""
      loading="lazy"
      decoding="async"
      draggable={false}
      onError={() => setBroken(true)}
      className="size-5 shrink-0 rounded-[4px] bg-mat object-cover"
    />
  )
}

/** The first tag of a conversation, and how many more it has. */
function Tags({ tags = [] }: { tags?: readonly string[] | undefined }): ReactNode {
  const [first, ...more] = tags
  if (first === undefined) return null
  return (
    <span aria-hidden className="flex max-w-2/5 shrink-0 items-center gap-1 text-small text-muted" title={listed(tags)}>
      <span className="truncate rounded-full border border-hairline px-1.5 leading-4.5">{first}</span>
      {more.length > 0 ? <span className="tabular-nums">+{more.length}</span> : null}
    </span>
  )
}

/** The button of what can be done with one conversation. */
function RowMenu({
  conversation,
  doing,
  onRename,
}: {
  conversation: Conversation
  doing: Doing
  onRename: () => void
}): ReactNode {
  return (
    <Menu
      align="end"
      trigger={
        <MenuTrigger
          aria-label={t`Options for ${conversation.title}`}
          className={cx(
            iconButtonClass('small'),
            'mr-1 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 data-[popup-open]:opacity-100 pointer-coarse:opacity-100',
          )}
        >
          <Ellipsis />
        </MenuTrigger>
      }
    >
      <RowItems conversation={conversation} doing={doing} onRename={onRename} />
    </Menu>
  )
}
