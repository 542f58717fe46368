import { X } from 'lucide-react'
import { useState, type FormEvent, type ReactNode } from 'react'
import type { ModelFile } from '#contract'
import { Button } from '../../../components/primitives/Button.tsx'
import { ErrorNote } from '../../../components/primitives/ErrorNote.tsx'
import { IconButton } from '../../../components/primitives/IconButton.tsx'
import { NumberSetting } from '../../../components/primitives/NumberSetting.tsx'
import { PathField } from '../PathField.tsx'
import { setAdapter } from './store.ts'
import { useAttempt } from './useAttempt.ts'

/** The LoRA adapters of a model and how strongly each applies; one more is added by its file. */
export function Adapters({ id, adapters }: { id: string; adapters: readonly ModelFile[] }): ReactNode {
  const [path, setPath] = useState('')
  const { busy, error, attempt } = useAttempt()
  const add = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (await attempt(() => setAdapter(id, path.trim(), 1))) setPath('')
  }
  return (
    <div className="pt-1 pb-3">
      {adapters.length > 0 ? (
        <ul className="mb-3 flex flex-col gap-2">
          {adapters.map((file) => {
            const name = file.path.split(/[/\\]/).at(-1) ?? file.path
            return (
              <li key={file.path} className="flex items-center gap-2">
                <span className="min-w-0 flex-1 font-mono text-small [overflow-wrap:anywhere]" title={file.path}>
                  {name}
                </span>
                <NumberSetting
                  label={`Strength of ${name}`}
                  value={file.scale ?? 1}
                  fallback={1}
                  min={-10}
                  max={10}
                  step={0.05}
                  onChange={(scale) => void attempt(() => setAdapter(id, file.path, scale ?? 1))}
                />
                <IconButton
                  label={`Take away ${name}`}
                  onClick={() => void attempt(() => setAdapter(id, file.path, null))}
                >
                  <X />
                </IconButton>
              </li>
            )
          })}
        </ul>
      ) : null}
      <form aria-label="Add an adapter" onSubmit={(event) => void add(event)}>
        <PathField
          label="LoRA adapter"
          note="A GGUF file that was made for this model. Its strength is 1 unless you change it."
          placeholder="…/adapter.gguf"
          value={path}
          onChange={setPath}
        />
        {error ? <ErrorNote message={error.message} className="mt-3" /> : null}
        <div className="mt-2 flex justify-end">
          <Button type="submit" disabled={busy || path.trim() === ''}>
            Add adapter
          </Button>
        </div>
      </form>
    </div>
  )
}
