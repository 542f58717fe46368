import { t } from '@lingui/core/macro'
import { Folder as FolderIcon, FolderInput, FolderMinus, FolderPlus, Tag } from 'lucide-react'
import type { ReactNode } from 'react'
import { MenuItem, MenuSeparator } from '../../components/primitives/Menu.tsx'
import { Submenu } from '../../components/primitives/Submenu.tsx'
import type { Doing } from './doing.ts'
import { useFolders } from './folders.ts'
import { useConversationList } from './store.ts'

/** The lines of a menu that move conversations to a folder or give them tags. */
export function FilingItems({ ids, doing }: { ids: readonly string[]; doing: Doing }): ReactNode {
  const folders = useFolders((state) => state.folders)
  const isIn = useConversationList(({ byId }) => ids.some((id) => byId[id]?.folderId !== undefined))
  return (
    <>
      <Submenu
        label={
          <>
            <FolderInput aria-hidden />
            {t`Move to`}
          </>
        }
      >
        {isIn ? (
          <MenuItem onSelect={() => doing.move(ids, null)}>
            <FolderMinus aria-hidden />
            {t`No folder`}
          </MenuItem>
        ) : null}
        {folders.map(({ id, name }) => (
          <MenuItem key={id} onSelect={() => doing.move(ids, id)}>
            <FolderIcon aria-hidden />
            <span className="max-w-60 truncate">{name}</span>
          </MenuItem>
        ))}
        {isIn || folders.length > 0 ? <MenuSeparator /> : null}
        <MenuItem onSelect={() => doing.ask({ kind: 'folder', ids })}>
          <FolderPlus aria-hidden />
          {t`New folder…`}
        </MenuItem>
      </Submenu>
      <MenuItem onSelect={() => doing.ask({ kind: 'tags', ids })}>
        <Tag aria-hidden />
        {t`Tags…`}
      </MenuItem>
    </>
  )
}
