import { t } from '@lingui/core/macro'
import type { ListedPreset, Preset } from '#contract'
import { useEffect } from 'react'
import type { ReactNode } from 'react'
import { fieldClass } from '../../components/primitives/TextField.tsx'
import { followPresets, usePresets } from '../../lib/presets.ts'
import { variablesIn } from '../../lib/variables.ts'

/** A preset that asks for nothing first, and whose model need not be switched to. */
const isReady = ({ preset }: ListedPreset): boolean =>
  preset.model === null && variablesIn(preset.prompt, preset.systemPrompt).length === 0

/** Chooses the preset that the first question is asked with, which is a conversation's from then on. A select of the system's own, which is not cut off by a small window. */
export function PanelPreset({
  chosen,
  disabled,
  onChoose,
}: {
  chosen: Preset | null
  disabled: boolean
  onChoose: (preset: Preset | null) => void
}): ReactNode {
  const presets = usePresets((state) => state.presets).filter(isReady)
  // the panel may be a window of its own
  useEffect(() => {
    const stop = new AbortController()
    void followPresets(stop.signal)
    return () => stop.abort()
  }, [])
  if (presets.length === 0) return null
  return (
    <select
      aria-label={t`Preset`}
      value={presets.find(({ preset }) => preset === chosen)?.id ?? ''}
      disabled={disabled}
      onChange={(event) => onChoose(presets.find(({ id }) => id === event.target.value)?.preset ?? null)}
      className={fieldClass}
    >
      <option value="">{t`No preset`}</option>
      {presets.map(({ id, preset }) => (
        <option key={id} value={id}>
          {preset.name}
        </option>
      ))}
    </select>
  )
}
