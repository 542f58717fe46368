import { t } from '@lingui/core/macro'
import { Ellipsis } from 'lucide-react'
import type { ReactNode } from 'react'
import { iconButtonClass } from '../../components/primitives/Button.tsx'
import { later } from '../../components/primitives/later.tsx'
import { Menu, MenuTrigger } from '../../components/primitives/Menu.tsx'

const ListItems = later(() => import('./ListItems.tsx').then(({ ListItems }) => ListItems))

/** The button of what can be done with the list. */
export function ListMenu(ways: { onGallery: () => void; onNewFolder: () => void }): ReactNode {
  return (
    <Menu
      align="end"
      trigger={
        <MenuTrigger
          data-list-menu
          aria-label={t`Conversation list`}
          title={t`Folders, Archive, Trash, Gallery`}
          className={iconButtonClass()}
        >
          <Ellipsis />
        </MenuTrigger>
      }
    >
      <ListItems {...ways} />
    </Menu>
  )
}
