import { Camera, MonitorPlay, Radio } from 'lucide-react'
import type { ReactNode } from 'react'
import { iconButtonClass } from '../../components/primitives/IconButton.tsx'
import { Menu, MenuItem, MenuTrigger } from '../../components/primitives/Menu.tsx'
import { canShareScreen } from '../../lib/capture/shareScreen.ts'
import { startLive } from './actions.ts'

/** The composer's way to the live view. */
export function LiveMenu(): ReactNode {
  return (
    <Menu
      trigger={
        <MenuTrigger className={iconButtonClass()} aria-label="Watch live" title="Watch live">
          <Radio />
        </MenuTrigger>
      }
    >
      <MenuItem onSelect={() => void startLive('camera')}>
        <Camera />
        Watch the camera
      </MenuItem>
      {canShareScreen() ? (
        <MenuItem onSelect={() => void startLive('screen')}>
          <MonitorPlay />
          Watch a screen or window
        </MenuItem>
      ) : null}
    </Menu>
  )
}
