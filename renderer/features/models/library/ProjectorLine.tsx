import { useState, type ReactNode } from 'react'
import type { LibraryModel, ProjectorChoice } from '#contract'
import { Button } from '../../../components/Button.tsx'
import { ErrorNote } from '../../../components/ErrorNote.tsx'
import { announce } from '../../../lib/announce.ts'
import { TryProjectors } from '../pairing/TryProjectors.tsx'
import { projectorsOf, setProjector } from './store.ts'
import { useAttempt } from './useAttempt.ts'

/** Which projector a model sees with, and the way to another one of this computer. */
export function ProjectorLine({ model: { model } }: { model: LibraryModel }): ReactNode {
  const [choices, setChoices] = useState<readonly ProjectorChoice[] | null>(null)
  const [open, setOpen] = useState(false)
  const { busy, error, attempt } = useAttempt()
  const look = (): void =>
    void attempt(async () => {
      const found = await projectorsOf(model.id)
      setChoices(found)
      setOpen(found.length > 0)
    })
  const choose = async (choice: ProjectorChoice | null): Promise<void> => {
    await setProjector(model.id, choice?.projectorPath ?? null)
    announce(choice ? `${model.name} sees with the projector of ${choice.label}` : `${model.name} answers text only`)
  }
  return (
    <div className="pt-1 pb-3">
      <p className="font-mono text-small [overflow-wrap:anywhere]">{model.projectorPath?.split(/[/\\]/).at(-1) ?? 'None, it answers text only'}</p>
      <p className="mt-1 text-muted">If it describes what is not there, its projector may be that of another family.</p>
      {choices?.length === 0 ? <p className="mt-2 text-muted">No projector of its width was found near its file or where other programs keep theirs.</p> : null}
      {error ? <ErrorNote message={error.message} className="mt-2" /> : null}
      <Button className="mt-3" disabled={busy} onClick={look}>
        {busy ? 'Looking…' : 'Try others…'}
      </Button>
      {choices && choices.length > 0 ? (
        <TryProjectors open={open} onOpenChange={setOpen} name={model.name} textPath={model.textPath} choices={choices} current={model.projectorPath} onChoose={choose} />
      ) : null}
    </div>
  )
}
