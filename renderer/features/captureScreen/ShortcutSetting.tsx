import { t } from '@lingui/core/macro'
import type { ShortcutState } from '#contract'
import { useState } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'
import { Button } from '../../components/primitives/Button.tsx'
import { SettingRow } from '../../components/primitives/SettingRow.tsx'
import { cx } from '../../lib/cx.ts'
import { isMac } from '../../lib/platform.ts'
import { acceleratorOf, shownKeys } from './accelerator.ts'
import { useCapture } from './capture.ts'

/** A remark about the chosen keys. */
const notes: Record<ShortcutState, string> = {
  off: t`Press the keys that should capture the screen from anywhere.`,
  active: t`Captures the screen from anywhere.`,
  taken: t`Another program has these keys. Choose others.`,
  unsupported: t`This desktop gives apps no keys of their own. Add a shortcut in the system’s settings that runs: sightline --capture`,
}

/** The keys that capture the screen: they are pressed to be chosen. */
export function ShortcutSetting({
  value,
  onChange,
}: {
  value: string | null
  onChange: (accelerator: string | null) => void
}): ReactNode {
  const state = useCapture((now) => now.shell?.shortcut ?? 'off')
  const [listening, setListening] = useState(false)
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!listening || event.key === 'Tab') return
    event.preventDefault()
    event.stopPropagation()
    const accelerator = acceleratorOf(event.nativeEvent, isMac)
    if (event.key !== 'Escape' && accelerator === null) return
    setListening(false)
    if (accelerator !== null) onChange(accelerator)
  }
  const note = listening ? t`Press the keys now; Escape leaves them as they are.` : notes[state]
  return (
    <div role="group" aria-label={t`Capture shortcut`} data-state={state}>
      <SettingRow label={t`Capture the screen with`} note={note}>
        {state === 'unsupported' ? null : (
          <div className="flex items-center gap-1">
            <Button
              aria-label={t`Change the keys`}
              aria-pressed={listening}
              className={cx(
                'min-w-36 tabular-nums',
                listening && 'border-accent!',
                state === 'taken' && !listening && 'border-danger! text-danger',
              )}
              onClick={() => setListening((now) => !now)}
              onBlur={() => setListening(false)}
              onKeyDown={onKeyDown}
            >
              {listening ? t`Press keys…` : value === null ? t`None` : shownKeys(value, isMac)}
            </Button>
            <Button kind="quiet" disabled={value === null} onClick={() => onChange(null)}>
              {t`Clear`}
            </Button>
          </div>
        )}
      </SettingRow>
    </div>
  )
}
