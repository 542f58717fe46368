import { t } from '@lingui/core/macro'
import { Crop, Timer } from 'lucide-react'
import type { ReactNode } from 'react'
import { iconButtonClass } from '../../components/primitives/Button.tsx'
import { Menu, MenuItem, MenuTrigger } from '../../components/primitives/Menu.tsx'
import { canShareScreen, isMac } from '../../lib/platform.ts'
import { shownKeys } from './accelerator.ts'
import { DELAYS, startCapture, useCapture } from './capture.ts'

/**
 * The composer's way to a part of the screen, now or after some seconds; nothing where the screen cannot be seen at
 * all.
 */
export function CaptureMenu({ shortcut }: { shortcut: string | null }): ReactNode {
  const shell = useCapture((state) => state.shell)
  if (shell?.way !== 'overlay' && !canShareScreen()) return null
  return (
    <Menu
      trigger={
        <MenuTrigger className={iconButtonClass()} aria-label={t`Capture the screen`} title={t`Capture the screen`}>
          <Crop />
        </MenuTrigger>
      }
    >
      <MenuItem onSelect={() => void startCapture()}>
        <Crop />
        <span className="flex-1">{t`Capture the screen`}</span>
        {shortcut !== null && shell?.shortcut === 'active' ? (
          <span className="pl-4 text-subtle">{shownKeys(shortcut, isMac)}</span>
        ) : null}
      </MenuItem>
      {DELAYS.map((seconds) => (
        <MenuItem key={seconds} onSelect={() => void startCapture(seconds)}>
          <Timer />
          {t`In ${seconds} seconds`}
        </MenuItem>
      ))}
    </Menu>
  )
}
