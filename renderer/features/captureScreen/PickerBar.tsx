import { t } from '@lingui/core/macro'
import type { Region } from '#contract'
import { History, Maximize, Timer, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button, IconButton, buttonClass } from '../../components/primitives/Button.tsx'
import { Menu, MenuItem, MenuTrigger } from '../../components/primitives/Menu.tsx'
import { cx } from '../../lib/cx.ts'
import { DELAYS } from './capture.ts'

/** The actions while a region is chosen, with their keys. In a narrow window the labels are left out. */
export function PickerBar({
  region,
  hasWindows,
  isUp,
  whole,
  onWhole,
  onLast,
  delays,
  onTake,
  onCancel,
}: {
  region: Region | null
  /** A click takes a window. */
  hasWindows: boolean
  isUp: boolean
  whole: string
  onWhole: () => void
  onLast: (() => void) | null
  delays: ((seconds: number) => void) | undefined
  onTake: () => void
  onCancel: () => void
}): ReactNode {
  return (
    <div
      role="toolbar"
      aria-label={t`Capture`}
      className={cx(
        'absolute left-1/2 flex max-w-[calc(100vw-16px)] -translate-x-1/2 items-center gap-1 rounded-lg border border-hairline bg-raised p-1.5 text-ink shadow-float',
        isUp ? 'top-4' : 'bottom-4',
      )}
    >
      <p role="status" className="px-2 whitespace-nowrap text-muted tabular-nums max-mid:hidden">
        {region
          ? t`${region.width} × ${region.height} at ${region.x}, ${region.y}`
          : hasWindows
            ? t`Drag over what you want to ask about, or click a window`
            : t`Drag over what you want to ask about`}
      </p>
      <Button kind="quiet" aria-label={whole} title={whole} onClick={onWhole}>
        <Maximize aria-hidden />
        <span className="max-mid:hidden">{whole}</span>
      </Button>
      {onLast ? (
        <Button kind="quiet" aria-label={t`Last region`} title={t`Last region`} onClick={onLast}>
          <History aria-hidden />
          <span className="max-mid:hidden">{t`Last region`}</span>
        </Button>
      ) : null}
      {delays ? (
        <Menu
          trigger={
            <MenuTrigger
              className={cx(buttonClass('quiet'), 'hover:bg-hover hover:text-ink')}
              aria-label={t`Capture again later`}
              title={t`Capture again later`}
            >
              <Timer aria-hidden />
            </MenuTrigger>
          }
        >
          {DELAYS.map((seconds) => (
            <MenuItem key={seconds} onSelect={() => delays(seconds)}>
              {t`Again in ${seconds} seconds`}
            </MenuItem>
          ))}
        </Menu>
      ) : null}
      <Button kind="primary" onClick={onTake}>
        {t`Ask`}
      </Button>
      <IconButton label={t`Cancel`} hint="Esc" onClick={onCancel}>
        <X />
      </IconButton>
    </div>
  )
}
