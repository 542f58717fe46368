import { t } from '@lingui/core/macro'
import { Info, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button, IconButton } from '../../components/primitives/Button.tsx'
import { ErrorNote } from '../../components/primitives/Feedback.tsx'
import { hideNote, loadModel, useEngine } from '../../lib/engine.ts'
import { told } from '../../lib/errors.ts'

/**
 * The banner above the composer while the engine cannot answer, or runs in another way than it was set to. It renders
 * nothing when all is well.
 */
export function EngineBanner({ onModels }: { onModels: () => void }): ReactNode {
  const { status, refusal, hiddenNote } = useEngine()
  if (!status) return null
  if (status.state === 'failed' || refusal) {
    const error = status.error ?? refusal
    return (
      <Place>
        <ErrorNote message={error ? told(error) : t`The engine stopped working. Try again, or choose another model.`}>
          <Button onClick={onModels}>{t`Choose a model`}</Button>
          <Button onClick={() => void loadModel()}>{t`Try again`}</Button>
        </ErrorNote>
      </Place>
    )
  }
  if (status.state === 'off' && !status.modelId && !status.modelName) {
    return (
      <Place>
        <div className="flex items-center gap-3 rounded-lg bg-sunken px-3 py-2.5">
          <p className="flex-1">{t`No model is chosen, so nothing can be answered yet.`}</p>
          <Button onClick={onModels}>{t`Choose a model`}</Button>
        </div>
      </Place>
    )
  }
  return status.note === null || status.note === hiddenNote ? null : (
    <Place>
      <EngineNote note={status.note} />
    </Place>
  )
}

function Place({ children }: { children: ReactNode }): ReactNode {
  return <div className="mx-auto w-full max-w-[720px] px-4 pb-2 mid:px-6">{children}</div>
}

/** A note about how the model runs. Once dismissed, it is still in the panel of the model chip. */
function EngineNote({ note }: { note: string }): ReactNode {
  return (
    <div className="flex items-start gap-2 pt-2 text-small text-muted" data-testid="engine-note">
      <Info className="mt-px size-3.5 shrink-0" aria-hidden />
      <p className="flex-1 [overflow-wrap:anywhere]">{note}</p>
      <IconButton label={t`Hide this note`} size="small" className="-my-1 -mr-[5px]" onClick={() => hideNote(note)}>
        <X />
      </IconButton>
    </div>
  )
}
