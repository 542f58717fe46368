import { t } from '@lingui/core/macro'
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
      {t`Select`}
    </MenuItem>
  )
  return deletedAt === undefined ? (
    <>
      <MenuItem onSelect={onRename}>
        <Pencil aria-hidden />
        {t`Rename`}
      </MenuItem>
      {archived ? null : (
        <MenuItem onSelect={() => doing.pin([id], !pinned)}>
          {pinned ? <PinOff aria-hidden /> : <Pin aria-hidden />}
          {pinned ? t`Unpin` : t`Pin`}
        </MenuItem>
      )}
      <MenuItem onSelect={() => doing.archive([id], !archived)}>
        {archived ? <ArchiveRestore aria-hidden /> : <Archive aria-hidden />}
        {archived ? t`Move to the list` : t`Archive`}
      </MenuItem>
      <FilingItems ids={[id]} doing={doing} />
      {selectItem}
      <MenuItem onSelect={() => doing.export(conversation)}>
        <Download aria-hidden />
        {t`Export…`}
      </MenuItem>
      <MenuItem danger onSelect={() => doing.discard([id])}>
        <Trash2 aria-hidden />
        {t`Delete`}
      </MenuItem>
    </>
  ) : (
    <>
      <MenuItem onSelect={() => doing.restore([id])}>
        <RotateCcw aria-hidden />
        {t`Restore`}
      </MenuItem>
      {selectItem}
      <MenuItem danger onSelect={() => doing.deleteForGood([id])}>
        <Trash2 aria-hidden />
        {t`Delete for good`}
      </MenuItem>
    </>
  )
}
