import { useState, type ReactNode } from 'react'
import type { Model, ProjectorChoice } from '#contract'
import { Button } from '../../../components/primitives/Button.tsx'
import { ErrorNote } from '../../../components/primitives/ErrorNote.tsx'
import { announce } from '../../../lib/announce.ts'
import { projectorsOf, setProjector } from '../library/store.ts'
import { useAttempt } from '../library/useAttempt.ts'
import { TryProjectors } from './TryProjectors.tsx'

/**
 * The way from a model of the library to the projectors of this computer that it could have, and to another one of
 * them.
 */
export function TryOthers({ model, label }: { model: Model; label: string }): ReactNode {
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
    <>
      {choices?.length === 0 ? (
        <p className="mt-2 text-muted">
          No projector of its width was found near its file or where other programs keep theirs.
        </p>
      ) : null}
      {error ? <ErrorNote message={error.message} className="mt-2" /> : null}
      <Button className="mt-3" disabled={busy} onClick={look}>
        {busy ? 'Looking…' : label}
      </Button>
      {choices && choices.length > 0 ? (
        <TryProjectors
          open={open}
          onOpenChange={setOpen}
          name={model.name}
          textPath={model.textPath}
          choices={choices}
          current={model.projectorPath}
          onChoose={choose}
        />
      ) : null}
    </>
  )
}
