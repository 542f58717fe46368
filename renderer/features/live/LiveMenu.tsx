import { t } from '@lingui/core/macro'
import { Camera, MonitorPlay, Radio } from 'lucide-react'
import type { ReactNode } from 'react'
import { iconButtonClass } from '../../components/primitives/Button.tsx'
import { Menu, MenuItem, MenuTrigger } from '../../components/primitives/Menu.tsx'
import { canShareScreen } from '../../lib/platform.ts'
import type { LiveSource } from './store.ts'

const startLive = (source: LiveSource): void => void import('./actions.ts').then(({ startLive }) => startLive(source))

/** The composer's way to the live view. */
export function LiveMenu(): ReactNode {
  return (
    <Menu
      trigger={
        <MenuTrigger className={iconButtonClass()} aria-label={t`Watch live`} title={t`Watch live`}>
          <Radio />
        </MenuTrigger>
      }
    >
      <MenuItem onSelect={() => startLive('camera')}>
        <Camera />
        {t`Watch the camera`}
      </MenuItem>
      {canShareScreen() ? (
        <MenuItem onSelect={() => startLive('screen')}>
          <MonitorPlay />
          {t`Watch a screen or window`}
        </MenuItem>
      ) : null}
    </Menu>
  )
}
