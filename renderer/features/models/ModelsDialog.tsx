import { RadioGroup } from '@base-ui/react/radio-group'
import { useEffect, useState, type ReactNode } from 'react'
import { DialogFrame } from '../../components/DialogFrame.tsx'
import { ErrorNote } from '../../components/ErrorNote.tsx'
import { toAppError } from '../../lib/errors.ts'
import { AddModel } from './AddModel.tsx'
import { ModelRow } from './ModelRow.tsx'
import { chooseModel, refreshModels, removeModel, useModels } from './store.ts'

/** The models on this computer: choose one, add one by its files, forget one. `currentId` null: none is known yet. */
export function ModelsDialog({
  open,
  currentId,
  onOpenChange,
}: {
  open: boolean
  currentId: string | null
  onOpenChange: (open: boolean) => void
}): ReactNode {
  const models = useModels((state) => state.models)
  const [failure, setFailure] = useState<string | null>(null)
  const attempt = (action: () => Promise<void>): void => {
    setFailure(null)
    action().catch((thrown: unknown) => setFailure(toAppError(thrown).message))
  }

  useEffect(() => {
    if (open) refreshModels().catch((thrown: unknown) => setFailure(toAppError(thrown).message))
  }, [open])

  return (
    <DialogFrame open={open} onOpenChange={onOpenChange} title="Models" description="Qwen-VL models in GGUF form, on this computer.">
      {failure ? <ErrorNote message={failure} className="mb-3" /> : null}
      {models && models.length > 0 ? (
        <RadioGroup aria-label="Current model" value={currentId} onValueChange={(id) => attempt(() => chooseModel(String(id)))} className="flex flex-col gap-2">
          {models.map((model) => (
            <ModelRow key={model.id} model={model} current={model.id === currentId} onRemove={() => attempt(() => removeModel(model.id))} />
          ))}
        </RadioGroup>
      ) : (
        <p className="text-muted">{models ? 'There is no model yet.' : 'Looking for models…'}</p>
      )}
      <AddModel />
    </DialogFrame>
  )
}
