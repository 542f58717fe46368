import type { Conversation } from '#contract'
import { Archive, ArchiveRestore, Download, ListChecks, Pencil, Pin, PinOff, RotateCcw, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { MenuItem } from '../../components/primitives/Menu.tsx'
import { FilingItems } from './FilingItems.tsx'
import { focusRow } from './doing.ts'
import type { Doing } from './doing.ts'
import { beginSelecting } from './shelves.ts'

/** What can be done with one conversation, where it is kept. */
export function RowItems({
  conversation,
  doing,
  onRename,
}: {
  conversation: Conversation
  doing: Doing
  onRename: () => void
}): ReactNode {
  const { id, pinned, archived, deletedAt } = conversation
  const selectItem = (
    <MenuItem
      onSelect={() => {
        beginSelecting([id])
        focusRow(id)
      }}
    >
      <ListChecks aria-hidden />
      Select
    </MenuItem>
  )
  return deletedAt === undefined ? (
    <>
      <MenuItem onSelect={onRename}>
        <Pencil aria-hidden />
        Rename
      </MenuItem>
      {archived ? null : (
        <MenuItem onSelect={() => doing.pin([id], !pinned)}>
          {pinned ? <PinOff aria-hidden /> : <Pin aria-hidden />}
          {pinned ? 'Unpin' : 'Pin'}
        </MenuItem>
      )}
      <MenuItem onSelect={() => doing.archive([id], !archived)}>
        {archived ? <ArchiveRestore aria-hidden /> : <Archive aria-hidden />}
        {archived ? 'Move to the list' : 'Archive'}
      </MenuItem>
      <FilingItems ids={[id]} doing={doing} />
      {selectItem}
      <MenuItem onSelect={() => doing.export(conversation)}>
        <Download aria-hidden />
        Export…
      </MenuItem>
      <MenuItem danger onSelect={() => doing.discard([id])}>
        <Trash2 aria-hidden />
        Delete
      </MenuItem>
    </>
  ) : (
    <>
      <MenuItem onSelect={() => doing.restore([id])}>
        <RotateCcw aria-hidden />
        Restore
      </MenuItem>
      {selectItem}
      <MenuItem danger onSelect={() => doing.deleteForGood([id])}>
        <Trash2 aria-hidden />
        Delete for good
      </MenuItem>
    </>
  )
}
