import { useState, type FormEvent, type ReactNode } from 'react'
import type { Model } from '#contract'
import { Button } from '../../../components/primitives/Button.tsx'
import { ErrorNote } from '../../../components/primitives/ErrorNote.tsx'
import { announce } from '../../../lib/announce.ts'
import { addModel, pairVerdict } from '../library/store.ts'
import { useAttempt } from '../library/useAttempt.ts'
import { TryOthers } from '../pairing/TryOthers.tsx'
import { PathField } from '../PathField.tsx'

/** Adds a model by the paths of its two files; both are checked before it is taken and used. */
export function AddByPaths(): ReactNode {
  const [textPath, setTextPath] = useState('')
  const [projectorPath, setProjectorPath] = useState('')
  const [unsure, setUnsure] = useState<{ model: Model; why: string } | null>(null)
  const { busy, error, attempt } = useAttempt()
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    await attempt(async () => {
      const [text, projector] = [textPath.trim(), projectorPath.trim()]
      const model = await addModel(text, projector || null)
      const verdict = projector === '' ? null : await pairVerdict(text, projector)
      setUnsure(verdict?.verdict === 'unsure' ? { model, why: verdict.why ?? '' } : null)
      setTextPath('')
      setProjectorPath('')
      announce(`${model.name} is now the current model`)
    })
  }
  return (
    <form aria-label="Add a model" onSubmit={(event) => void submit(event)} className="flex flex-col gap-3 pt-2 pb-1">
      <PathField
        label="Language model"
        placeholder="…/Qwen2-VL-2B-Instruct-Q4_K_M.gguf"
        value={textPath}
        onChange={setTextPath}
      />
      <PathField
        label="Projector"
        note="The file that lets it see, often called mmproj. Without it the model answers text only."
        placeholder="…/mmproj-Qwen2-VL-2B-Instruct-f16.gguf"
        value={projectorPath}
        onChange={setProjectorPath}
      />
      {error ? <ErrorNote message={error.message} /> : null}
      {unsure ? (
        <div role="status" className="rounded-lg bg-warning-soft px-3 py-2.5">
          <p className="[overflow-wrap:anywhere]">
            {unsure.model.name} was added. {unsure.why}
          </p>
          <TryOthers model={unsure.model} label="Try it on a picture…" />
        </div>
      ) : null}
      <div className="flex justify-end">
        <Button kind="primary" type="submit" disabled={busy || textPath.trim() === ''}>
          {busy ? 'Checking the files…' : 'Add model'}
        </Button>
      </div>
    </form>
  )
}
