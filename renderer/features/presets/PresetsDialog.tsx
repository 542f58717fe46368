import { t } from '@lingui/core/macro'
import { useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { DialogFrame } from '../../components/primitives/Dialog.tsx'
import { PresetForm } from './PresetForm.tsx'
import { PresetList } from './PresetList.tsx'
import type { Edited } from './editing.ts'

/**
 * The presets: a list, and the one that is being changed in its place. What was changed and not kept is still there when the dialog is
 * opened again.
 */
export function PresetsDialog({
  open,
  models,
  onOpenChange,
}: {
  open: boolean
  /** The names of the models of this computer. */
  models: readonly string[]
  onOpenChange: (open: boolean) => void
}): ReactNode {
  const [edited, setEdited] = useState<Edited | null>(null)
  const top = useRef<HTMLDivElement>(null)
  const show = (next: Edited | null): void => {
    setEdited(next)
    // the control that was used is gone
    requestAnimationFrame(() => top.current?.querySelector<HTMLElement>('[data-begin]')?.focus())
  }
  return (
    <DialogFrame
      open={open}
      onOpenChange={onOpenChange}
      title={edited === null ? t`Presets` : edited.id === null ? t`New preset` : t`Edit preset`}
      description={
        edited === null
          ? t`Ways of asking, by their names. Type / in the question to choose one.`
          : t`What is left empty stays as it is when the preset is chosen.`
      }
    >
      <div ref={top}>
        {edited === null ? (
          <PresetList onEdit={show} />
        ) : (
          <PresetForm edited={edited} models={models} onChange={setEdited} onDone={() => show(null)} />
        )}
      </div>
    </DialogFrame>
  )
}
