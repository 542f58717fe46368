import { useState, type FormEvent, type ReactNode } from 'react'
import { Button } from '../../components/Button.tsx'
import { ErrorNote } from '../../components/ErrorNote.tsx'
import { announce } from '../../lib/announce.ts'
import { toAppError } from '../../lib/errors.ts'
import { PathField } from './PathField.tsx'
import { addModel } from './store.ts'

/** Adds a model by the paths of its two files; both are checked before it is taken. */
export function AddModel(): ReactNode {
  const [textPath, setTextPath] = useState('')
  const [projectorPath, setProjectorPath] = useState('')
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    setFailure(null)
    try {
      const model = await addModel(textPath.trim(), projectorPath.trim() || null)
      setTextPath('')
      setProjectorPath('')
      announce(`${model.name} is now the current model`)
    } catch (thrown) {
      setFailure(toAppError(thrown).message)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form aria-label="Add a model" onSubmit={(event) => void submit(event)} className="mt-5 flex flex-col gap-3 border-t border-hairline pt-4">
      <h3 className="font-medium">Add a model</h3>
      <PathField label="Language model" placeholder="…/Qwen2-VL-2B-Instruct-Q4_K_M.gguf" value={textPath} onChange={setTextPath} />
      <PathField
        label="Projector"
        note="The file that lets it see, often called mmproj. Without it the model answers text only."
        placeholder="…/mmproj-Qwen2-VL-2B-Instruct-f16.gguf"
        value={projectorPath}
        onChange={setProjectorPath}
      />
      {failure ? <ErrorNote message={failure} /> : null}
      <div className="flex justify-end">
        <Button kind="primary" type="submit" disabled={busy || textPath.trim() === ''}>
          {busy ? 'Checking the files…' : 'Add model'}
        </Button>
      </div>
    </form>
  )
}
